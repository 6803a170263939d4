using System.Diagnostics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ShmBus.Waiting;

/// <summary>The monotonic clock in nanoseconds: on Linux CLOCK_MONOTONIC, by which the kernel ends sleeps.</summary>
internal static class Clock
{
    private const long Second = 1_000_000_000;

    private static readonly double NanosecondsPerTick = (double)Second / Stopwatch.Frequency;

    internal static long Nanoseconds =>
        Stopwatch.Frequency == Second ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * NanosecondsPerTick);

    /// <summary>
    /// Lets so many nanoseconds go by without giving the processor away. <c>Thread.SpinWait</c> makes a system call every
    /// four seconds: it wakes the runtime's finalizer, which then measures anew how long a pause is.
    /// </summary>
    internal static void Pass(long nanoseconds)
    {
        for (long end = Nanoseconds + nanoseconds; Nanoseconds < end;)
        {
            if (X86Base.IsSupported)
            {
                X86Base.Pause();
            }
            else if (ArmBase.IsSupported)
            {
                ArmBase.Yield();
            }
        }
    }
}
