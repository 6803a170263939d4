using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>What to measure, as asked on the command line.</summary>
internal sealed record Plan<TTransport>(
    IReadOnlyList<TTransport> Transports,
    IReadOnlyList<int> Sizes,
    IReadOnlyList<Shape> Shapes,
    WaitMode Wait,
    TimeSpan Duration,
    int Rounds,
    IReadOnlyList<int> Cpus)
    where TTransport : ITransport
{
    /// <summary>
    /// Runs <paramref name="measure"/> for every size, shape and transport, <see cref="Rounds"/> times over. Interleaved,
    /// so that what changes on the machine meanwhile befalls all of them.
    /// </summary>
    public async Task<List<TRow>> RunAsync<TRow>(string suite, Func<TTransport, Round, int, Task<TRow>> measure)
    {
        List<Round> steps =
            [.. from size in Sizes
                from shape in Shapes
                from transport in Transports
                where WhyNot(transport, size, shape) is null
                select new Round(suite, transport, size, shape, Wait, Duration, Cpus)];
        if (steps.Count == 0)
            throw new PerfException(string.Join(Environment.NewLine, LeftOut));

        var rows = new List<TRow>();
        var progress = new Progress(suite, Rounds, steps.Count);
        for (int number = 1; number <= Rounds; number++)
        {
            foreach (Round step in steps)
            {
                progress.Begin(number, $"{step.Transport.Name}, {step.Size} bytes");
                rows.Add(await measure((TTransport)step.Transport, step, number).ConfigureAwait(false));
            }
        }

        progress.End();
        return rows;
    }

    /// <summary>What is not measured, and why.</summary>
    public IEnumerable<string> LeftOut =>
        (from transport in Transports
         from size in Sizes
         from shape in Shapes
         select WhyNot(transport, size, shape)).OfType<string>().Distinct();

    private static string? WhyNot(TTransport transport, int size, Shape shape) =>
        transport.Missing is { } missing ? $"{transport.Name} is left out: {missing}."
        : transport.WhyTooLong(size) is { } reason ? $"{transport.Name} is left out for {size} bytes: {reason}."
        : shape.Producers > 1 && transport is not IManyProducersTransport ? $"{transport.Name} is left out for {shape.Producers} producers: {((IStreamTransport)transport).OneProducerReason}."
        : shape.Subscribers > 1 && transport is not IManySubscribersTransport ? $"{transport.Name} is left out for {shape.Subscribers} subscribers: {((IStreamTransport)transport).OneSubscriberReason}."
        : null;
}
