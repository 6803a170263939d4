using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ShmBus.Native;

namespace ShmBus.Tool;

/// <summary>What a command works with: its options, where it writes, and the bus.</summary>
internal sealed class ToolContext(ParseResult parsed)
{
    // Apostrophes as they are: nobody puts this into a page.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal ParseResult Parsed { get; } = parsed;

    internal TextWriter Output => Parsed.InvocationConfiguration.Output;

    internal TextWriter Error => Parsed.InvocationConfiguration.Error;

    internal bool IsJson => Parsed.GetValue(CommonOptions.Json);

    /// <summary>Where the bus is, and whom it lets in, as the command line says.</summary>
    internal BusOptions BusOptions
    {
        get
        {
            string? directory = Parsed.GetValue(CommonOptions.Bus);
            int? group = Parsed.GetValue(CommonOptions.Group);
            return new BusOptions
            {
                Directory = directory,
                Group = group,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | (group is null ? 0 : UnixFileMode.GroupRead | UnixFileMode.GroupWrite),
                CreateDirectory = false,
            };
        }
    }

    internal T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    internal T? Get<T>(Argument<T> argument) => Parsed.GetValue(argument);

    /// <summary>Opens the bus. Only who makes or publishes something makes its directory where it is missing.</summary>
    internal Bus OpenBus(bool create = false)
    {
        try
        {
            return Bus.Open(BusOptions with { CreateDirectory = create });
        }
        catch (NotFoundErrnoException exception) when (!create)
        {
            throw new ToolException(ExitCode.NotFound, $"There is no bus at '{exception.Path}': nobody has made a topic there yet; name another one by --bus DIR.");
        }
    }

    /// <summary>Writes a result: as JSON if that was asked for, else as text.</summary>
    internal void Write<T>(T result, JsonTypeInfo<T> type, Action<TextWriter> text)
    {
        if (IsJson)
        {
            using MemoryStream stream = new();
            using (Utf8JsonWriter writer = new(stream, Indented))
            {
                JsonSerializer.Serialize(writer, result, type);
            }
            Output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        }
        else
        {
            text(Output);
        }
        Output.Flush();
    }
}
