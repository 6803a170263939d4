using System.Buffers;
using System.Text;

namespace ShmBus.Serialization;

/// <summary>Text as UTF-8.</summary>
internal sealed class Utf8Serializer : IMessageSerializer<string>
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public MessageContract Contract { get; } = new("utf8", "text");

    public int GetLength(in string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Strict.GetByteCount(message);
    }

    public void Serialize(IBufferWriter<byte> output, in string message) => Strict.GetBytes(message, output);

    public void Deserialize(in MessagePayload payload, out string message)
    {
        try
        {
            message = Strict.GetString(payload.Span);
        }
        catch (DecoderFallbackException exception)
        {
            throw new MessageFormatException($"The message is no text in UTF-8: {exception.Message}", exception);
        }
    }
}
