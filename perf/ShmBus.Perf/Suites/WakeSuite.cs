using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>How long it takes to wake a reader that went to sleep, and what the two cost while they sleep.</summary>
internal static class WakeSuite
{
    public static Task<List<WakeRow>> RunAsync(Plan<ILatencyTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Wake, (transport, round, number) => MeasureAsync(transport, round, number, cancellation));

    private static async Task<WakeRow> MeasureAsync(ILatencyTransport transport, Round round, int number, CancellationToken cancellation)
    {
        Shape shape = round.Shape;
        var course = new PingCourse(round.Size, round.WarmUp, round.Duration, shape.Gap) { IsStamped = true, IdleTime = shape.IdleTime };
        PeerReport echo = await LatencySuite.RunAsync(transport, round, course, cancellation).ConfigureAwait(false);

        Distribution wakes = echo.OneWays!;
        ResourceUsage idle = echo.IdleUsage;
        ResourceUsage senderIdle = course.IdleUsage;
        return new WakeRow(
            SuiteName.Wake, transport.Name, transport.WaitLabel(round.Wait), round.Size, shape.Gap.TotalMilliseconds, number,
            wakes.Count, wakes.P50, wakes.P90, wakes.P99, wakes.P999, wakes.P9999, wakes.Maximum, wakes.Mean,
            course.Usage.CpuNanosecondsFor(course.RoundTrips.Count) + echo.Usage.CpuNanosecondsFor((long)echo.Measured),
            (double)echo.Usage.VoluntarySwitches / echo.Measured,
            senderIdle.Seconds, idle.CpuSeconds * 1e6 / idle.Seconds, idle.VoluntarySwitches / idle.Seconds,
            senderIdle.CpuSeconds * 1e6 / senderIdle.Seconds, senderIdle.VoluntarySwitches / senderIdle.Seconds);
    }
}
