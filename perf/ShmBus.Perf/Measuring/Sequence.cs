namespace ShmBus.Perf.Measuring;

/// <summary>The numbers that messages carry. Ordinary ones count from 1; shared memory starts as 0, which is thus no message.</summary>
internal static class Sequence
{
    public const ulong First = 1;

    /// <summary>Set in an answer, so that nobody takes his own message, or a stale one, for the answer to it.</summary>
    public const ulong PongBit = 1UL << 62;

    /// <summary>The last message.</summary>
    public const ulong End = ulong.MaxValue;

    // Of several producers, each counts in a range of its own: its number stands above these bits.
    private const int ProducerShift = 48;

    /// <summary>A producer's first message; the first producer is 0.</summary>
    public static ulong FirstOf(int producer) => ((ulong)producer << ProducerShift) + First;

    /// <summary>A producer's warm-up is over; what follows counts.</summary>
    public static ulong MarkOf(int producer) => EndOf(producer) - 1;

    /// <summary>A producer's last message.</summary>
    public static ulong EndOf(int producer) => ((ulong)producer + 1 << ProducerShift) - 1;

    /// <summary>Who sent a message. Of a garbled one anything, hence unsigned.</summary>
    public static ulong ProducerOf(ulong sequence) => sequence >> ProducerShift;
}
