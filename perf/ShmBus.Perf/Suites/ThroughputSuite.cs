using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>Messages a second from one producer or several to one consumer, as fast as all can.</summary>
internal static class ThroughputSuite
{
    public static Task<List<ThroughputRow>> RunAsync(Plan<IStreamTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Throughput, (transport, round, number) => MeasureAsync(transport, round, number, cancellation));

    private static async Task<ThroughputRow> MeasureAsync(
        IStreamTransport transport, Round round, int number, CancellationToken cancellation)
    {
        var source = new StreamSource(round.Size, producer: 0, round.WarmUp, round.Duration);
        PeerReport[] reports = await round.RunAsync(transport.CreateProducer, producer => producer.Run(source), cancellation).ConfigureAwait(false);
        (PeerReport seen, PeerReport[] others) = (reports[0], reports[1..]);
        ulong sent = others.Aggregate(source.Messages, (sum, other) => sum + other.Messages);
        // Each producer's messages came without a gap, so none of any is missing if all together are there.
        if (seen.Messages != sent)
            throw new PerfException($"{transport.Name}: {sent} messages sent, but {seen.Messages} received");

        double rate = seen.Measured / seen.Seconds;
        return new ThroughputRow(
            SuiteName.Throughput, transport.Name, transport.WaitLabel(round.Wait), round.Size, round.Producers, number,
            seen.Measured, seen.Seconds, rate, rate * round.Size);
    }
}
