using System.Diagnostics;

namespace ShmBus.Waiting;

/// <summary>The monotonic clock in nanoseconds: on Linux CLOCK_MONOTONIC, by which the kernel ends sleeps.</summary>
internal static class Clock
{
    private const long Second = 1_000_000_000;

    private static readonly double NanosecondsPerTick = (double)Second / Stopwatch.Frequency;

    internal static long Nanoseconds =>
        Stopwatch.Frequency == Second ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * NanosecondsPerTick);
}
