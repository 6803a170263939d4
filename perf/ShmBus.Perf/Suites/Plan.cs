using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Suites;

/// <summary>What to measure, as asked on the command line.</summary>
internal sealed record Plan<TTransport>(
    IReadOnlyList<TTransport> Transports,
    IReadOnlyList<int> Sizes,
    WaitMode Wait,
    TimeSpan Duration,
    int Rounds,
    CpuPair Cpus)
    where TTransport : ITransport
{
    // Starting a peer, connecting, saying good-bye: seconds on a machine that is busy with something else.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs <paramref name="measure"/> for every transport and size, <see cref="Rounds"/> times over. Interleaved, so
    /// that what changes on the machine meanwhile befalls all of them.
    /// </summary>
    public async Task<List<TRow>> RunAsync<TRow>(string suite, Func<TTransport, Round, int, Task<TRow>> measure)
    {
        var rows = new List<TRow>();
        for (int number = 1; number <= Rounds; number++)
        {
            await Console.Error.WriteLineAsync($"{suite}: round {number} of {Rounds}").ConfigureAwait(false);
            foreach (int size in Sizes)
            {
                foreach (TTransport transport in Transports)
                {
                    var round = new Round(suite, transport, size, Wait, Cpus, Round.WarmUp + Duration + s_slack);
                    rows.Add(await measure(transport, round, number).ConfigureAwait(false));
                }
            }
        }

        return rows;
    }
}
