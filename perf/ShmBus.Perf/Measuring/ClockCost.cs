using System.Diagnostics;

namespace ShmBus.Perf.Measuring;

/// <summary>What every measured time contains: the clock that ends it.</summary>
internal static class ClockCost
{
    public static double Nanoseconds()
    {
        const int readings = 100_000;
        long start = Stopwatch.GetTimestamp();
        long end = start;
        for (int i = 0; i < readings; i++)
            end = Stopwatch.GetTimestamp();
        return (end - start) * 1e9 / Stopwatch.Frequency / readings;
    }
}
