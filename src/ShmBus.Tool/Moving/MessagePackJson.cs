using System.Globalization;
using System.Text;
using System.Text.Json;
using ShmBus.MessagePack;

namespace ShmBus.Tool.Moving;

/// <summary>
/// MessagePack as JSON, to be looked at: bytes are hexadecimal digits after <c>0x</c>, points in time are text, other extensions objects of their type
/// and bytes, keys that are no text are written as text, and so are numbers that JSON does not have.
/// </summary>
internal static class MessagePackJson
{
    /// <exception cref="MessagePackException">It is no MessagePack, or more than one value.</exception>
    internal static byte[] Of(ReadOnlySpan<byte> payload, JsonWriterOptions options)
    {
        MessagePackReader reader = new(payload);
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, options))
        {
            Write(ref reader, writer);
        }
        return reader.End ? stream.ToArray() : throw new MessagePackException(reader.Position, "the end", "more bytes");
    }

    private static void Write(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                writer.WriteNullValue();
                break;
            case MessagePackType.Boolean:
                writer.WriteBooleanValue(reader.ReadBoolean());
                break;
            case MessagePackType.Array:
                int items = reader.ReadArrayHeader();
                reader.EnterNested();
                writer.WriteStartArray();
                for (int i = 0; i < items; i++)
                {
                    Write(ref reader, writer);
                }
                writer.WriteEndArray();
                reader.LeaveNested();
                break;
            case MessagePackType.Map:
                int pairs = reader.ReadMapHeader();
                reader.EnterNested();
                writer.WriteStartObject();
                for (int i = 0; i < pairs; i++)
                {
                    writer.WritePropertyName(Key(ref reader));
                    Write(ref reader, writer);
                }
                writer.WriteEndObject();
                reader.LeaveNested();
                break;
            case MessagePackType.Extension:
                WriteExtension(ref reader, writer);
                break;
            case MessagePackType.Integer:
            case MessagePackType.Float:
                string number = Scalar(ref reader);
                // NaN and the infinities are no numbers in JSON.
                if (char.IsAsciiLetter(number[^1]))
                {
                    writer.WriteStringValue(number);
                }
                else
                {
                    writer.WriteRawValue(number);
                }
                break;
            default:
                writer.WriteStringValue(Scalar(ref reader));
                break;
        }
    }

    private static string Key(ref MessagePackReader reader) => reader.NextMessagePackType switch
    {
        MessagePackType.Array or MessagePackType.Map or MessagePackType.Extension => Bytes(reader.ReadRaw()),
        MessagePackType.Nil => reader.TryReadNil() ? "null" : "",
        MessagePackType.Boolean => reader.ReadBoolean() ? "true" : "false",
        _ => Scalar(ref reader),
    };

    private static string Scalar(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Integer:
                MessagePackReader signed = reader;
                try
                {
                    long value = signed.ReadInt64();
                    reader = signed;
                    return value.ToString(CultureInfo.InvariantCulture);
                }
                catch (MessagePackException)
                {
                    return reader.ReadUInt64().ToString(CultureInfo.InvariantCulture);
                }
            case MessagePackType.Float:
                return reader.ReadDouble().ToString("R", CultureInfo.InvariantCulture);
            case MessagePackType.String:
                return Encoding.UTF8.GetString(reader.ReadStringSpan());
            default:
                return Bytes(reader.ReadBytes());
        }
    }

    private static void WriteExtension(ref MessagePackReader reader, Utf8JsonWriter writer)
    {
        MessagePackReader ahead = reader;
        try
        {
            writer.WriteStringValue(ahead.ReadDateTime());
            reader = ahead;
        }
        catch (MessagePackException)
        {
            ReadOnlySpan<byte> data = reader.ReadExtension(out sbyte type);
            writer.WriteStartObject();
            writer.WriteNumber("extension"u8, type);
            writer.WriteString("data"u8, Bytes(data));
            writer.WriteEndObject();
        }
    }

    private static string Bytes(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);
}
