using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>What a channel takes of memory in each process, and what each message allocates.</summary>
internal static class MemorySuite
{
    public static Task<List<MemoryRow>> RunAsync(Plan<ILatencyTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Memory, (transport, round, number) => MeasureAsync(transport, round, number, cancellation));

    private static async Task<MemoryRow> MeasureAsync(ILatencyTransport transport, Round round, int number, CancellationToken cancellation)
    {
        var course = new PingCourse(round.Size, round.WarmUp, round.Duration, gap: TimeSpan.Zero);
        MemoryUse before = default;
        MemoryUse after = default;
        PeerReport[] reports = await round.RunAsync(
            settings =>
            {
                before = MemoryUse.Now();
                return transport.CreatePinger(settings);
            },
            pinger =>
            {
                pinger.Run(course);
                after = MemoryUse.Now();
            },
            cancellation).ConfigureAwait(false);

        PeerReport echo = reports.Single();
        (MemoryUse peer, MemoryUse peerGrowth, MemoryUse growth) = (echo.MemoryAfter, echo.MemoryAfter - echo.MemoryBefore, after - before);
        return new MemoryRow(
            SuiteName.Memory, transport.Name, transport.WaitLabel(round.Wait), round.Size, round.Capacity, number, course.RoundTrips.Count,
            peer.ResidentBytes, peer.PrivateBytes, peer.ManagedBytes,
            peerGrowth.ResidentBytes, peerGrowth.ManagedBytes, peerGrowth.SharedMappedBytes,
            (double)echo.Usage.AllocatedBytes / echo.Measured,
            growth.ResidentBytes, growth.ManagedBytes, growth.SharedMappedBytes, (double)course.Usage.AllocatedBytes / course.RoundTrips.Count);
    }
}
