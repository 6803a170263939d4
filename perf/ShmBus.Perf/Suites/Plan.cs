using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>What to measure, as asked on the command line.</summary>
internal sealed record Plan<TTransport>(
    IReadOnlyList<TTransport> Transports,
    IReadOnlyList<int> Sizes,
    IReadOnlyList<int> Producers,
    WaitMode Wait,
    TimeSpan Duration,
    int Rounds,
    IReadOnlyList<int> Cpus)
    where TTransport : ITransport
{
    /// <summary>
    /// Runs <paramref name="measure"/> for every size, number of producers and transport, <see cref="Rounds"/> times
    /// over. Interleaved, so that what changes on the machine meanwhile befalls all of them.
    /// </summary>
    public async Task<List<TRow>> RunAsync<TRow>(string suite, Func<TTransport, Round, int, Task<TRow>> measure)
    {
        var rows = new List<TRow>();
        for (int number = 1; number <= Rounds; number++)
        {
            await Console.Error.WriteLineAsync($"{suite}: round {number} of {Rounds}").ConfigureAwait(false);
            foreach (int size in Sizes)
            {
                foreach (int producers in Producers)
                {
                    foreach (TTransport transport in Transports.Where(transport => WhyNot(transport, size, producers) is null))
                    {
                        var round = new Round(suite, transport, size, producers, Wait, Duration, Cpus);
                        rows.Add(await measure(transport, round, number).ConfigureAwait(false));
                    }
                }
            }
        }

        return rows.Count > 0 ? rows : throw new PerfException(string.Join(Environment.NewLine, LeftOut));
    }

    /// <summary>What is not measured, and why.</summary>
    public IEnumerable<string> LeftOut =>
        (from transport in Transports
         from size in Sizes
         from producers in Producers
         select WhyNot(transport, size, producers)).OfType<string>().Distinct();

    private static string? WhyNot(TTransport transport, int size, int producers) =>
        transport.Missing is { } missing ? $"{transport.Name} is left out: {missing}."
        : transport.WhyTooLong(size) is { } reason ? $"{transport.Name} is left out for {size} bytes: {reason}."
        : producers > 1 && transport is not IManyProducersTransport ? $"{transport.Name} is left out for {producers} producers: {((IStreamTransport)transport).OneProducerReason}."
        : null;
}
