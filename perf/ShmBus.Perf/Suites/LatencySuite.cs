using System.Diagnostics;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>Round-trip time of one message at a time.</summary>
internal static class LatencySuite
{
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static Task<List<LatencyRow>> RunAsync(Plan<ILatencyTransport> plan, TimeSpan gap, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Latency, (transport, round, number) => MeasureAsync(transport, round, number, gap, cancellation));

    private static async Task<LatencyRow> MeasureAsync(
        ILatencyTransport transport, Round round, int number, TimeSpan gap, CancellationToken cancellation)
    {
        var course = new PingCourse(round.Size, round.WarmUp, round.Duration, gap);
        PeerReport[] reports = await round.RunAsync(transport.CreatePinger, pinger => pinger.Run(course), cancellation).ConfigureAwait(false);
        ulong answered = reports.Single().Messages;
        if (answered != course.Messages)
            throw new PerfException($"{transport.Name}: {course.Messages} messages sent, but {answered} answered");

        Histogram trips = course.RoundTrips;
        return new LatencyRow(
            SuiteName.Latency, transport.Name, transport.WaitLabel(round.Wait), round.Size, number, trips.Count,
            Percentile(0.5), Percentile(0.9), Percentile(0.99), Percentile(0.999),
            trips.Maximum * s_nanosecondsPerTick, trips.Mean * s_nanosecondsPerTick);

        double Percentile(double fraction) => trips.Percentile(fraction) * s_nanosecondsPerTick;
    }
}
