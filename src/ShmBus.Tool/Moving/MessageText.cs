using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ShmBus.MessagePack;
using ShmBus.Serialization;

namespace ShmBus.Tool.Moving;

/// <summary>How a payload is shown.</summary>
internal enum PayloadFormat
{
    /// <summary>As the topic's contract says; else as text where it is such, else as bytes.</summary>
    Auto,
    Hex,
    Text,
    Json,
    Msgpack,
}

/// <summary>Messages as lines of text, or of JSON. What a payload holds cannot steer a terminal: control characters are escaped.</summary>
internal sealed class MessageText(PayloadFormat format, MessageContract? contract)
{
    /// <summary>The type of what the writer of a channel publishes behind its last message.</summary>
    internal const uint EndMarkType = 0xFFFF_FF01;

    private const int BytesInLine = 16;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _json = new();

    /// <summary>Position, type and length, when it was published if it says so, and the payload.</summary>
    internal string Line(in Message message)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{message.Position}  ");
        text.Append(message.Type == EndMarkType ? "end mark" : string.Create(CultureInfo.InvariantCulture, $"type {message.Type}"));
        text.Append(CultureInfo.InvariantCulture, $"  {message.Payload.Length} bytes");
        if (message.Timestamp is { } time)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {time:yyyy-MM-ddTHH:mm:ss.fffffffZ}");
        }
        if (message.CorrelationId is { } id)
        {
            text.Append(CultureInfo.InvariantCulture, $"  correlation {id}");
        }
        if (message.TraceContext is { } trace)
        {
            text.Append(CultureInfo.InvariantCulture, $"  trace {trace}");
        }
        AppendPayload(text, message.Payload);
        return text.Append('\n').ToString();
    }

    /// <summary>The same as one JSON object in a line.</summary>
    internal ReadOnlySpan<byte> Json(in Message message)
    {
        _json.ResetWrittenCount();
        using (Utf8JsonWriter writer = new(_json, Compact))
        {
            writer.WriteStartObject();
            writer.WriteNumber("position"u8, message.Position);
            writer.WriteNumber("type"u8, message.Type);
            writer.WriteNumber("length"u8, message.Payload.Length);
            if (message.Timestamp is { } time)
            {
                writer.WriteString("timestamp"u8, time);
            }
            if (message.CorrelationId is { } id)
            {
                writer.WriteString("correlation_id"u8, id);
            }
            if (message.TraceContext is { } trace)
            {
                writer.WriteString("trace_parent"u8, trace.ToString());
            }
            (PayloadFormat found, object value) = Read(message.Payload);
            writer.WriteString("format"u8, found.ToString().ToLowerInvariant());
            writer.WritePropertyName("payload"u8);
            if (value is byte[] json)
            {
                writer.WriteRawValue(json, skipInputValidation: true);
            }
            else
            {
                writer.WriteStringValue((string)value);
            }
            writer.WriteEndObject();
        }
        _json.Write("\n"u8);
        return _json.WrittenSpan;
    }

    private void AppendPayload(StringBuilder text, ReadOnlySpan<byte> payload)
    {
        (PayloadFormat found, object value) = Read(payload);
        if (found != format && format is not (PayloadFormat.Auto or PayloadFormat.Hex))
        {
            text.Append(CultureInfo.InvariantCulture, $"  (not {format.ToString().ToLowerInvariant()})");
        }
        switch (found)
        {
            case PayloadFormat.Hex:
                AppendHex(text, payload);
                break;
            case PayloadFormat.Text:
                text.Append("  ");
                AppendEscaped(text, (string)value);
                break;
            default:
                text.Append("  ");
                AppendEscaped(text, Encoding.UTF8.GetString((byte[])value));
                break;
        }
    }

    /// <summary>The payload in the format that was asked for, or found: a text, or bytes of JSON. As hexadecimal digits where it is not in that format.</summary>
    private (PayloadFormat Format, object Value) Read(ReadOnlySpan<byte> payload)
    {
        PayloadFormat wanted = format != PayloadFormat.Auto ? format : contract?.Format switch
        {
            "msgpack" => PayloadFormat.Msgpack,
            "json" => PayloadFormat.Json,
            _ => PayloadFormat.Auto,
        };
        try
        {
            switch (wanted)
            {
                case PayloadFormat.Json:
                    return (PayloadFormat.Json, JsonOf(payload));
                case PayloadFormat.Msgpack:
                    return (PayloadFormat.Msgpack, MessagePackJson.Of(payload, Compact));
                case PayloadFormat.Text:
                    return (PayloadFormat.Text, Encoding.UTF8.GetString(payload));
                case PayloadFormat.Auto when payload.IndexOfAnyInRange((byte)0, (byte)8) < 0:
                    return (PayloadFormat.Text, Strict.GetString(payload));
                default:
                    break;
            }
        }
        catch (Exception exception) when (exception is JsonException or MessagePackException or DecoderFallbackException)
        {
            // Shown as what it is in any case.
        }
        return (PayloadFormat.Hex, Convert.ToHexStringLower(payload));
    }

    private static byte[] JsonOf(ReadOnlySpan<byte> payload)
    {
        Utf8JsonReader reader = new(payload);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        // More than one value is not one.
        if (reader.Read())
        {
            throw new JsonException();
        }
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Compact))
        {
            document.WriteTo(writer);
        }
        return stream.ToArray();
    }

    private static void AppendHex(StringBuilder text, ReadOnlySpan<byte> payload)
    {
        for (int offset = 0; offset < payload.Length; offset += BytesInLine)
        {
            ReadOnlySpan<byte> line = payload[offset..Math.Min(offset + BytesInLine, payload.Length)];
            text.Append(CultureInfo.InvariantCulture, $"\n  {offset:x8} ");
            for (int i = 0; i < BytesInLine; i++)
            {
                text.Append(i == BytesInLine / 2 ? "  " : " ").Append(i < line.Length ? line[i].ToString("x2", CultureInfo.InvariantCulture) : "  ");
            }
            text.Append("  |");
            foreach (byte value in line)
            {
                text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
            }
            text.Append('|');
        }
    }

    private static void AppendEscaped(StringBuilder text, string value)
    {
        foreach (char character in value)
        {
            switch (character)
            {
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\\': text.Append("\\\\"); break;
                // U+2028 and U+2029 break lines, the marks of direction reorder what stands around them.
                case var other when char.IsControl(other) || char.GetUnicodeCategory(other) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)other:x4}");
                    break;
                default: text.Append(character); break;
            }
        }
    }
}
