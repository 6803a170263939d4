namespace ShmBus.Perf.Measuring;

/// <summary>The numbers that messages carry. Ordinary ones count from 1; shared memory starts as 0, which is thus no message.</summary>
internal static class Sequence
{
    public const ulong First = 1;

    /// <summary>Set in an answer, so that nobody takes his own message, or a stale one, for the answer to it.</summary>
    public const ulong PongBit = 1UL << 62;

    /// <summary>The warm-up is over; what follows counts.</summary>
    public const ulong Mark = ulong.MaxValue - 1;

    /// <summary>The last message.</summary>
    public const ulong End = ulong.MaxValue;
}
