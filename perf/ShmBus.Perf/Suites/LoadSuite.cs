using ShmBus.Perf.Measuring;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>How late messages are that are sent at a fixed rate, whatever becomes of those before them.</summary>
internal static class LoadSuite
{
    /// <summary>The part of the rate that makes it held: the clock of the round does not end with a message.</summary>
    public const double Held = 0.99;

    public static Task<List<LoadRow>> RunAsync(Plan<IStreamTransport> plan, CancellationToken cancellation) =>
        plan.RunAsync(SuiteName.Load, (transport, round, number) => MeasureAsync(transport, round, number, cancellation));

    private static async Task<LoadRow> MeasureAsync(IStreamTransport transport, Round round, int number, CancellationToken cancellation)
    {
        int rate = round.Shape.Rate;
        var source = new StreamSource(round.Size, producer: 0, round.WarmUp, round.Duration, Pace.OfRate(rate));
        StreamResult result = await ThroughputSuite.RunAsync(transport, round, source, cancellation).ConfigureAwait(false);
        Distribution late = result.Consumers.Single().OneWays!;
        // Those that were due in the time: what was not sent in it because the sender was held up is missing.
        double perSecond = late.Count / round.Duration.TotalSeconds;
        return new LoadRow(
            SuiteName.Load, transport.Name, transport.WaitLabel(round.Wait), round.Size, rate, round.Capacity, number,
            late.Count, perSecond, late.Count + 1 >= Held * rate * round.Duration.TotalSeconds,
            late.P50, late.P90, late.P99, late.P999, late.P9999, late.Maximum, late.Mean, result.ReceiverCpu);
    }
}
