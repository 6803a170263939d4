using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Handling;

/// <summary>A dead letter as bytes: the length of a JSON object (four bytes, little-endian), the object, and the payload as it was.</summary>
internal sealed class DeadLetterSerializer : IMessageSerializer<DeadLetter>
{
    private const int PrefixSize = sizeof(int);

    public MessageContract Contract { get; } = new("dead-letter", "ShmBus.Hosting.DeadLetter", "1");

    public void Serialize(IBufferWriter<byte> output, in DeadLetter message)
    {
        DeadLetterHeader header = new(message.Topic, message.Handler, message.Position, message.Type, message.Attempts, message.FailedAt, message.ErrorType, message.ErrorMessage);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, DeadLetterJson.Default.DeadLetterHeader);
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(PrefixSize), json.Length);
        output.Advance(PrefixSize);
        output.Write(json);
        output.Write(message.Payload.Span);
    }

    public void Deserialize(in MessagePayload payload, out DeadLetter message)
    {
        ReadOnlySpan<byte> bytes = payload.Span;
        int length = bytes.Length < PrefixSize ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length < 0 || length > bytes.Length - PrefixSize)
        {
            throw new FormatException($"A dead letter of {bytes.Length} bytes says that its description takes {length}; expected at most {bytes.Length - PrefixSize}.");
        }
        DeadLetterHeader header;
        try
        {
            header = JsonSerializer.Deserialize(bytes.Slice(PrefixSize, length), DeadLetterJson.Default.DeadLetterHeader)
                ?? throw new FormatException("The description of a dead letter is null; expected an object.");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The description of a dead letter is not what is expected: {exception.Message}", exception);
        }
        message = new DeadLetter
        {
            Topic = header.Topic,
            Handler = header.Handler,
            Position = header.Position,
            Type = header.Type,
            Attempts = header.Attempts,
            FailedAt = header.FailedAt,
            ErrorType = header.ErrorType,
            ErrorMessage = header.ErrorMessage,
            Payload = bytes[(PrefixSize + length)..].ToArray(),
        };
    }
}

internal sealed record DeadLetterHeader(
    string Topic, string Handler, long Position, uint Type, int Attempts, DateTimeOffset FailedAt, string ErrorType, string ErrorMessage);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeadLetterHeader))]
internal sealed partial class DeadLetterJson : JsonSerializerContext;
