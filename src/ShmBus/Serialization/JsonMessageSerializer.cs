using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ShmBus.Serialization;

/// <summary>JSON by System.Text.Json, without reflection: all that is known of the type is the context's.</summary>
internal sealed class JsonMessageSerializer<T>(JsonTypeInfo<T> typeInfo) : IMessageSerializer<T>
{
    /// <summary>One for each thread, used again: a writer is an object of some size.</summary>
    [ThreadStatic]
    private static Utf8JsonWriter? s_writer;

    /// <summary>Whose writer it is: another serializer of the type may have other options.</summary>
    [ThreadStatic]
    private static JsonMessageSerializer<T>? s_writersOwner;

    private readonly JsonWriterOptions _options = new()
    {
        Encoder = typeInfo.Options.Encoder,
        Indented = typeInfo.Options.WriteIndented,
        IndentCharacter = typeInfo.Options.IndentCharacter,
        IndentSize = typeInfo.Options.IndentSize,
        NewLine = typeInfo.Options.NewLine,
        MaxDepth = typeInfo.Options.MaxDepth,
        SkipValidation = true,
    };

    /// <summary>Objects that are kept apart by numbers are another format: whoever does not expect them reads nothing of a list.</summary>
    public MessageContract Contract { get; } = new(
        typeInfo.Options.ReferenceHandler is null || typeInfo.Options.ReferenceHandler == ReferenceHandler.IgnoreCycles ? "json" : "json-with-references",
        ClrName.Of(typeof(T)), JsonShape.Of(typeInfo));

    public void Serialize(IBufferWriter<byte> output, in T message)
    {
        // Taken, so that a converter that itself publishes gets one of its own.
        Utf8JsonWriter? writer = s_writersOwner == this ? s_writer : null;
        s_writer = null;
        if (writer is null)
        {
            writer = new Utf8JsonWriter(output, _options);
        }
        else
        {
            writer.Reset(output);
        }
        try
        {
            JsonSerializer.Serialize(writer, message, typeInfo);
            writer.Flush();
        }
        finally
        {
            writer.Reset(Nowhere.Output);
            s_writer = writer;
            s_writersOwner = this;
        }
    }

    public void Deserialize(in MessagePayload payload, out T message) => message = JsonSerializer.Deserialize(payload.Span, typeInfo)!;

    /// <summary>Where a writer that waits for its next use points: not at a publisher, which it would keep alive.</summary>
    private sealed class Nowhere : IBufferWriter<byte>
    {
        internal static readonly Nowhere Output = new();

        public void Advance(int count) => throw new InvalidOperationException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException();
    }
}
