using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>Round-trip time of one message at a time.</summary>
internal static class LatencySuite
{
    public static Task<List<LatencyRow>> RunAsync(Plan<ILatencyTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Latency, (transport, round, number) => MeasureAsync(transport, round, number, cancellation));

    private static async Task<LatencyRow> MeasureAsync(ILatencyTransport transport, Round round, int number, CancellationToken cancellation)
    {
        var course = new PingCourse(round.Size, round.WarmUp, round.Duration, round.Shape.Gap);
        PeerReport echo = await RunAsync(transport, round, course, cancellation).ConfigureAwait(false);

        Distribution trips = Distribution.Of(course.RoundTrips);
        double sender = course.Usage.CpuNanosecondsFor(course.RoundTrips.Count);
        double receiver = echo.Usage.CpuNanosecondsFor((long)echo.Measured);
        return new LatencyRow(
            SuiteName.Latency, transport.Name, transport.WaitLabel(round.Wait), round.Size, round.Shape.Gap.TotalMilliseconds, round.Capacity, number,
            trips.Count, trips.P50, trips.P90, trips.P99, trips.P999, trips.P9999, trips.Maximum, trips.Mean,
            sender + receiver, sender, receiver);
    }

    /// <summary>Runs a course, of which no message must be missing, and returns what the other side saw.</summary>
    public static async Task<PeerReport> RunAsync(
        ILatencyTransport transport, Round round, PingCourse course, CancellationToken cancellation)
    {
        PeerReport[] reports = await round.RunAsync(transport.CreatePinger, pinger => pinger.Run(course), cancellation).ConfigureAwait(false);
        PeerReport echo = reports.Single();
        return echo.Messages == course.Messages
            ? echo
            : throw new PerfException($"{transport.Name}: {course.Messages} messages sent, but {echo.Messages} answered");
    }
}
