using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ShmBus.Tool.Native;

/// <summary>Sleeping to the point: the system's clock to shortly before it, then a look at the clock again and again.</summary>
internal static partial class PreciseSleep
{
    private const int CLOCK_MONOTONIC = 1;
    private const int TIMER_ABSTIME = 1;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>What a sleep is late by, as a rule, at most.</summary>
    private const long Slack = 150_000;

    private const long Slice = 100_000_000;

    /// <summary>Nanoseconds of the clock that <see cref="Until"/> goes by.</summary>
    internal static long Now => Stopwatch.GetTimestamp() * (NanosecondsPerSecond / Stopwatch.Frequency);

    /// <summary>Sleeps until a time of that clock; not at all if it is over.</summary>
    internal static void Until(long time, CancellationToken cancellation)
    {
        while (Now < time)
        {
            cancellation.ThrowIfCancellationRequested();
            long end = Math.Min(time - Slack, Now + Slice);
            if (end > Now)
            {
                Rest(end);
            }
            else
            {
                Thread.SpinWait(1);
            }
        }
    }

    /// <summary>Sleeps for a short time, and does not mind if it is longer.</summary>
    internal static void For(long nanoseconds) => Rest(Now + nanoseconds);

    private static unsafe void Rest(long end)
    {
        TimeSpec time = new() { Seconds = (nint)(end / NanosecondsPerSecond), Nanoseconds = (nint)(end % NanosecondsPerSecond) };
        // A signal ends it early: the callers look at the clock.
        _ = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, null);
    }

    [LibraryImport("libc")]
    private static unsafe partial int clock_nanosleep(int clock, int flags, TimeSpec* time, TimeSpec* left);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
