using ShmBus.Perf.Native;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>One transport, one size, one fresh channel, one fresh peer.</summary>
/// <param name="Suite">The peer's half of this suite is to run.</param>
/// <param name="Transport">Over this transport.</param>
/// <param name="Size">Bytes in every message.</param>
/// <param name="Wait">How both ends wait, where the transport leaves the choice.</param>
/// <param name="Cpus">Main's CPU and the peer's.</param>
/// <param name="Limit">No round that works takes longer than this.</param>
internal sealed record Round(string Suite, ITransport Transport, int Size, WaitMode Wait, CpuPair Cpus, TimeSpan Limit)
{
    // Long enough for caches, clocks of CPUs and what the runtime still compiles.
    public static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Makes the channel, starts the peer, runs main's end on the measuring thread. Throws when either side fails
    /// or the peer dies.
    /// </summary>
    public async Task<PeerReport> RunAsync<TEnd>(Func<ChannelSettings, TEnd> create, Action<TEnd> run, CancellationToken cancellation)
        where TEnd : IMainEnd
    {
        using var scratch = ScratchDirectory.Create();
        TEnd end = create(new ChannelSettings(scratch.FullPath, Size, Wait));
        using var peer = PeerProcess.Start(new PeerOrder(Suite, Transport.Name, Size, Wait, Cpus.Peer, scratch.FullPath).ToArguments());

        Task measuring = MeasuringThread.Run(() =>
        {
            // Here and not outside: who unmapped memory under a loop that still spins would crash the process.
            using (end)
            {
                end.Connect();
                peer.Ready.GetAwaiter().GetResult();
                // As late as this, so that whatever the transport has started runs elsewhere.
                Affinity.PinThread(Cpus.Main);
                run(end);
            }
        });

        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        guard.CancelAfter(Limit);
        try
        {
            await Both(measuring, peer.Report).WaitAsync(guard.Token).ConfigureAwait(false);
            return await peer.Report.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new PerfException($"{Transport.Name}: no end after {Limit.TotalSeconds:0} s");
        }
        catch (PerfException e)
        {
            throw new PerfException($"{Transport.Name}, {Size} bytes: {e.Message}");
        }
    }

    private static async Task Both(Task measuring, Task<PeerReport> report)
    {
        await Task.WhenAny(measuring, report).ConfigureAwait(false);
        if (measuring.IsFaulted)
        {
            // Whichever failed first took the channel away from the other: both reasons tell the story.
            await Task.WhenAny(report, Task.Delay(s_farewell)).ConfigureAwait(false);
            if (report.IsFaulted)
                throw new PerfException($"{Reason(measuring)}; {Reason(report)}");
        }

        // A peer that has failed may have left main's end to spin for ever: not awaited then.
        if (report.IsFaulted)
            await report.ConfigureAwait(false);
        await Task.WhenAll(measuring, report).ConfigureAwait(false);
    }

    private static string Reason(Task failed) => failed.Exception!.GetBaseException().Message;
}
