using System.Diagnostics;

namespace ShmBus.Perf.Measuring;

/// <summary>What a row says of a histogram, in nanoseconds.</summary>
internal sealed record Distribution(long Count, double P50, double P90, double P99, double P999, double P9999, double Maximum, double Mean)
{
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    /// <param name="ticks">Durations in ticks of <see cref="Stopwatch"/>.</param>
    public static Distribution Of(Histogram ticks) => new(
        ticks.Count, Percentile(ticks, 0.5), Percentile(ticks, 0.9), Percentile(ticks, 0.99), Percentile(ticks, 0.999), Percentile(ticks, 0.9999),
        ticks.Maximum * s_nanosecondsPerTick, ticks.Mean * s_nanosecondsPerTick);

    private static double Percentile(Histogram ticks, double fraction) => ticks.Percentile(fraction) * s_nanosecondsPerTick;
}
