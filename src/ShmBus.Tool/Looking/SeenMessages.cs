using System.Diagnostics;
using System.Text;
using ShmBus.Rings;

namespace ShmBus.Tool.Looking;

/// <summary>What is in a topic's memory, by its ends: a message says since when it waits, if it was published with its time.</summary>
/// <param name="Oldest">The oldest that is still there, whoever has read it.</param>
/// <param name="Next">The one that the slowest subscriber, or the one to come, has before it.</param>
/// <param name="Newest">The newest that can be read: what is behind a message in the making cannot.</param>
/// <param name="Count">All of them; of a large topic that is busy, those that were seen in <see cref="Patience"/>.</param>
internal sealed record SeenMessages(SeenMessage? Oldest, SeenMessage? Next, SeenMessage? Newest, long Count)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Reads through all that is there, without consuming it. Null where the ring is corrupt.</summary>
    internal static SeenMessages? Read(TopicObserver observer, TopicSnapshot now)
    {
        SeenMessage? oldest = null, next = null, newest = null;
        long count = 0;
        // Where lanes are, each has positions of its own: then nobody's place is known.
        long from = now.Endpoints.Where(static endpoint => endpoint.Role == EndpointRole.Subscriber && !endpoint.IsEvicted).Select(static endpoint => endpoint.Position ?? long.MaxValue)
            .DefaultIfEmpty(observer.Options.Lanes || now.PendingBytes == 0 ? long.MaxValue : now.PublishedBytes + now.Capacity - now.PendingBytes).Min();
        long end = observer.Options.Lanes ? long.MaxValue : now.PublishedBytes + now.Capacity;
        long start = Stopwatch.GetTimestamp();
        try
        {
            using MessageObserver messages = observer.ObserveMessages(JoinAt.Oldest);
            // No more than were there: publishers may be as fast as this one.
            while (messages.TryRead(out Message message) && message.Position < end && Stopwatch.GetElapsedTime(start) < Patience)
            {
                count++;
                oldest ??= SeenMessage.Of(message);
                next ??= message.Position >= from ? SeenMessage.Of(message) : null;
                newest = SeenMessage.Of(message);
            }
        }
        catch (Exception exception) when (exception is RingCorruptException or RecordKindException)
        {
            return null;
        }
        return new SeenMessages(oldest, next, newest, count);
    }

    /// <summary>Since when what was found is so, as far as messages tell.</summary>
    internal DateTimeOffset? Since(FindingKind kind) => kind switch
    {
        // It came after the last one that got through.
        FindingKind.StuckClaim => Newest?.Timestamp,
        FindingKind.NotReading or FindingKind.Unread or FindingKind.Full => Next?.Timestamp,
        _ => null,
    };
}

/// <param name="Timestamp">When it was published, if it says so.</param>
/// <param name="Preview">How its payload begins: text in quotation marks, or bytes.</param>
internal sealed record SeenMessage(long Position, uint Type, int Length, DateTimeOffset? Timestamp, string Preview)
{
    private const int PreviewBytes = 48;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static SeenMessage Of(in Message message) => new(message.Position, message.Type, message.Payload.Length, message.Timestamp, PreviewOf(message.Payload));

    private static string PreviewOf(ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> begin = payload[..Math.Min(payload.Length, PreviewBytes)];
        string more = payload.Length > PreviewBytes ? "..." : "";
        try
        {
            string text = Strict.GetString(begin);
            if (!text.Any(char.IsControl))
            {
                return $"\"{text}\"{more}";
            }
        }
        catch (DecoderFallbackException)
        {
            // Bytes, or text that was cut within a character.
        }
        return Convert.ToHexStringLower(begin) + more;
    }
}
