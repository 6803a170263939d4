using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>Messages a second from one producer to one consumer, as fast as both can.</summary>
internal static class ThroughputSuite
{
    private const int Producers = 1;

    public static Task<List<ThroughputRow>> RunAsync(Plan<IStreamTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Throughput, (transport, round, number) => MeasureAsync(plan, transport, round, number, cancellation));

    private static async Task<ThroughputRow> MeasureAsync(
        Plan<IStreamTransport> plan, IStreamTransport transport, Round round, int number, CancellationToken cancellation)
    {
        var source = new StreamSource(round.Size, Round.WarmUp, plan.Duration);
        PeerReport seen = await round.RunAsync(transport.CreateProducer, producer => producer.Run(source), cancellation).ConfigureAwait(false);
        if (seen.Messages != source.Messages)
            throw new PerfException($"{transport.Name}: {source.Messages} messages sent, but {seen.Messages} received");

        return new ThroughputRow(
            SuiteName.Throughput, transport.Name, transport.WaitLabel(round.Wait), round.Size, Producers, number,
            seen.Messages, seen.Seconds, seen.Messages / seen.Seconds, seen.Bytes / seen.Seconds);
    }
}
