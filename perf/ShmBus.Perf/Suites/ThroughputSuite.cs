using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>Messages a second from one producer or several to one consumer or several, as fast as all can.</summary>
internal static class ThroughputSuite
{
    public static Task<List<ThroughputRow>> RunAsync(Plan<IStreamTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Throughput, (transport, round, number) => MeasureAsync(transport, round, number, cancellation));

    private static async Task<ThroughputRow> MeasureAsync(
        IStreamTransport transport, Round round, int number, CancellationToken cancellation)
    {
        var source = new StreamSource(round.Size, producer: 0, round.WarmUp, round.Duration);
        StreamResult result = await RunAsync(transport, round, source, cancellation).ConfigureAwait(false);
        // Of the same messages; the slowest subscriber is the one that they are waited for.
        PeerReport slowest = result.Consumers.MaxBy(consumer => consumer.Seconds)!;
        double rate = slowest.Measured / slowest.Seconds;
        return new ThroughputRow(
            SuiteName.Throughput, transport.Name, transport.WaitLabel(round.Wait), round.Size, round.Shape.Producers, round.Shape.Subscribers,
            round.Capacity, number, slowest.Measured, slowest.Seconds, rate, rate * round.Size,
            result.SenderCpu + result.ReceiverCpu, result.SenderCpu, result.ReceiverCpu);
    }

    /// <summary>Runs a source, of which no message must be missing anywhere, and further producers, where there are.</summary>
    public static async Task<StreamResult> RunAsync(IStreamTransport transport, Round round, StreamSource source, CancellationToken cancellation)
    {
        PeerReport[] reports = await round.RunAsync(transport.CreateProducer, producer => producer.Run(source), cancellation).ConfigureAwait(false);
        (PeerReport[] consumers, PeerReport[] others) = (reports[..round.Shape.Subscribers], reports[round.Shape.Subscribers..]);
        PeerReport[] producers = [new PeerReport(source.Messages, source.Measured, source.Usage), .. others];
        ulong sent = Sum(producers, producer => producer.Messages);
        // Each producer's messages came without a gap, so none of any is missing if all together are there.
        foreach (PeerReport consumer in consumers.Where(consumer => consumer.Messages != sent))
            throw new PerfException($"{transport.Name}: {sent} messages sent, but {consumer.Messages} received");

        return new StreamResult(
            consumers,
            producers.Aggregate(default(ResourceUsage), (sum, producer) => sum + producer.Usage).CpuNanosecondsFor((long)Sum(producers, producer => producer.Measured)),
            consumers.Sum(consumer => consumer.Usage.CpuNanosecondsFor((long)consumer.Measured)));
    }

    private static ulong Sum(PeerReport[] reports, Func<PeerReport, ulong> count) => reports.Aggregate(0UL, (sum, report) => sum + count(report));
}

/// <summary>What came of a stream of messages.</summary>
/// <param name="Consumers">What each saw.</param>
/// <param name="SenderCpu">CPU time that a message cost those who sent it, in nanoseconds.</param>
/// <param name="ReceiverCpu">What it cost all who received it.</param>
internal sealed record StreamResult(PeerReport[] Consumers, double SenderCpu, double ReceiverCpu);
