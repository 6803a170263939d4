using ShmBus.Perf.Native;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>
/// One transport, one size, one fresh channel, fresh peers: one or more at the other end, and a further producer each for
/// all but main.
/// </summary>
/// <param name="Suite">The peers' part of this suite is to run.</param>
/// <param name="Transport">Over this transport.</param>
/// <param name="Size">Bytes in every message.</param>
/// <param name="Shape">Who takes part, and when messages are sent.</param>
/// <param name="Wait">How all ends wait, where the transport leaves the choice.</param>
/// <param name="Duration">How long to measure, after the warm-up.</param>
/// <param name="Cpus">The CPUs of main, of the other ends, of further producers, and so on in turn.</param>
internal sealed record Round(string Suite, ITransport Transport, int Size, Shape Shape, WaitMode Wait, TimeSpan Duration, IReadOnlyList<int> Cpus)
{
    // Long enough for caches, clocks of CPUs and what the runtime still compiles.
    private static readonly TimeSpan s_fullWarmUp = TimeSpan.FromMilliseconds(300);

    // Starting peers, connecting, saying good-bye: seconds on a machine that is busy with something else.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of each ring, and of what is compared with one.</summary>
    public int Capacity => Channel(directory: "").Capacity;

    public TimeSpan WarmUp => WarmUpOf(Duration);

    /// <summary>No longer than what it is for: who measures for less than that only wants to see that it works.</summary>
    public static TimeSpan WarmUpOf(TimeSpan duration) => duration < s_fullWarmUp ? duration : s_fullWarmUp;

    /// <summary>
    /// Makes the channel, starts the peers, runs main's end on the measuring thread. Throws when one of them fails or
    /// dies. Returns what the other ends saw, then what each further producer did.
    /// </summary>
    public async Task<PeerReport[]> RunAsync<TEnd>(Func<ChannelSettings, TEnd> create, Action<TEnd> run, CancellationToken cancellation)
        where TEnd : IMainEnd
    {
        using var scratch = ScratchDirectory.Create();
        TEnd end = create(Channel(ScratchDirectory.FilesIn(scratch.FullPath)));
        using var peers = new PeerGroup();
        for (int peer = 1 - Shape.Subscribers; peer < Shape.Producers; peer++)
        {
            int cpu = Cpus[(peer + Shape.Subscribers) % Cpus.Count];
            peers.Start(new PeerOrder(Suite, Transport.Name, Size, Shape, Math.Max(0, peer), Wait, Duration, cpu, scratch.FullPath), Transport.PeerFramework);
        }

        Task measuring = MeasuringThread.Run(() =>
        {
            // Here and not outside: who unmapped memory under a loop that still spins would crash the process.
            using (end)
            {
                end.Connect();
                peers.Go();
                // As late as this, so that whatever the transport has started runs elsewhere.
                Affinity.PinThread(Cpus[0]);
                run(end);
            }
        });

        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        TimeSpan limit = WarmUp + Duration + Shape.IdleTime + s_slack;
        guard.CancelAfter(limit);
        try
        {
            return await All(measuring, peers.Reports).WaitAsync(guard.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PerfException($"{Transport.Name}: no end after {limit.TotalSeconds:0} s");
        }
        catch (PerfException e)
        {
            throw new PerfException($"{Transport.Name}, {Size} bytes: {e.Message}");
        }
    }

    private ChannelSettings Channel(string directory) => new(directory, Size, Wait);

    private static async Task<PeerReport[]> All(Task measuring, Task<PeerReport>[] reports)
    {
        List<Task> running = [measuring, .. reports];
        while (running.Count > 0)
        {
            Task ended = await Task.WhenAny(running).ConfigureAwait(false);
            if (ended == measuring && measuring.IsFaulted)
            {
                // Whichever failed first took the channel away from the other: both reasons tell the story.
                await Task.WhenAny([Task.Delay(s_farewell), .. reports]).ConfigureAwait(false);
                if (Array.Find(reports, report => report.IsFaulted) is { } failed)
                    throw new PerfException($"{Reason(measuring)}; {Reason(failed)}");
            }

            // A peer that has failed may have left the others to spin for ever: they are not awaited then.
            await ended.ConfigureAwait(false);
            running.Remove(ended);
        }

        return await Task.WhenAll(reports).ConfigureAwait(false);
    }

    private static string Reason(Task failed) => failed.Exception!.GetBaseException().Message;
}
