using System.Text;
using System.Text.Unicode;

namespace ShmBus;

/// <summary>
/// What a <see cref="TopicChannelWriter{T}"/> publishes behind its last message: a message of a type of its own. The payload is empty, or tells of
/// the error: the name of its type, a line feed, and its text, in UTF-8. See LAYOUT.md.
/// </summary>
internal static class EndMark
{
    internal const uint Type = 0xFFFF_FF01;

    private const int MaxLength = 1024;

    internal static byte[] Encode(Exception? error, int maxMessageLength)
    {
        if (error is null)
        {
            return [];
        }
        // One that passes on what it heard tells of the first.
        string text = error is RemoteWriterException remote ? $"{remote.ErrorType}\n{remote.Message}" : $"{error.GetType().FullName}\n{error.Message}";
        byte[] bytes = new byte[Math.Min(MaxLength, maxMessageLength - MessageExtras.MaxLength)];
        // Where it is cut, no character is cut in two.
        _ = Utf8.FromUtf16(text, bytes, out _, out int written);
        return bytes[..written];
    }

    /// <summary>The error that a mark tells of, if any. Whatever stands there is taken as text.</summary>
    internal static RemoteWriterException? Decode(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return null;
        }
        payload = payload[..Math.Min(payload.Length, MaxLength)];
        int name = payload.IndexOf((byte)'\n');
        return name < 0 ? new RemoteWriterException("", Encoding.UTF8.GetString(payload))
            : new RemoteWriterException(Encoding.UTF8.GetString(payload[..name]), Encoding.UTF8.GetString(payload[(name + 1)..]));
    }
}
