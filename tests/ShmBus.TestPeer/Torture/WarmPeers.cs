using System.Collections.Concurrent;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// Processes that have started and wait to be told what to be: so that the start of one, a tenth of a second of a processor, is not
/// waited for after each kill.
/// </summary>
internal sealed class WarmPeers : IDisposable
{
    private const int InStock = 6;
    private const int Starters = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly BlockingCollection<SoakPeer> _peers = new(InStock);
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread[] _starters;
    private Exception? _failure;

    internal WarmPeers()
    {
        _starters = [.. Enumerable.Range(0, Starters).Select(_ => new Thread(Start))];
        Array.ForEach(_starters, static starter => starter.Start());
    }

    /// <summary>One of them, told what to be. It is the caller's to dispose.</summary>
    internal SoakPeer Take(string words, CancellationToken interrupted)
    {
        if (!_peers.TryTake(out SoakPeer? peer, (int)Patience.TotalMilliseconds, interrupted))
        {
            throw new SoakException($"no process has started for {Patience}: {_failure?.Message}");
        }
        peer.WriteLine(words);
        return peer;
    }

    public void Dispose()
    {
        _ended.Cancel();
        Array.ForEach(_starters, static starter => starter.Join());
        while (_peers.TryTake(out SoakPeer? peer))
        {
            peer.Dispose();
        }
        _peers.Dispose();
        _ended.Dispose();
    }

    private void Start()
    {
        while (!_ended.IsCancellationRequested)
        {
            SoakPeer peer = SoakPeer.Start("torture-peer");
            try
            {
                peer.ReadLine(Patience, _ended.Token);
                _peers.Add(peer, _ended.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SoakException)
            {
                _failure = exception;
                peer.Dispose();
            }
        }
    }
}
