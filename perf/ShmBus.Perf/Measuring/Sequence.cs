namespace ShmBus.Perf.Measuring;

/// <summary>The numbers that messages carry. Ordinary ones count from 1; shared memory starts as 0, which is thus no message.</summary>
internal static class Sequence
{
    public const ulong First = 1;

    /// <summary>Set in an answer, so that nobody takes his own message, or a stale one, for the answer to it.</summary>
    public const ulong PongBit = 1UL << 62;

    /// <summary>The last message.</summary>
    public const ulong End = ulong.MaxValue;

    /// <summary>The first of the messages that stand between two phases of a course. No two are alike: some transports see only that a number changes.</summary>
    public const ulong FirstMark = End - 8;

    // A clock's reading is never as large, and neither is the number of an ordinary message.
    private const ulong EpochBit = 1UL << 62;

    // Of several producers, each counts in a range of its own: its number stands above these bits.
    private const int ProducerShift = 48;

    /// <summary>A producer's first message; the first producer is 0.</summary>
    public static ulong FirstOf(int producer) => ((ulong)producer << ProducerShift) + First;

    /// <summary>A producer's warm-up is over; what follows counts.</summary>
    public static ulong MarkOf(int producer) => EndOf(producer) - 1;

    /// <summary>The mark of a producer that keeps a pace: when the message after it is due.</summary>
    public static ulong EpochOf(long due) => (ulong)due | EpochBit;

    /// <summary>When the next message is due, where <paramref name="sequence"/> is such a mark; else null.</summary>
    public static long? DueOf(ulong sequence) => (sequence & EpochBit) != 0 ? (long)(sequence & ~EpochBit) : null;

    /// <summary>A producer's last message.</summary>
    public static ulong EndOf(int producer) => ((ulong)producer + 1 << ProducerShift) - 1;

    /// <summary>Who sent a message. Of a garbled one anything, hence unsigned.</summary>
    public static ulong ProducerOf(ulong sequence) => sequence >> ProducerShift;
}
