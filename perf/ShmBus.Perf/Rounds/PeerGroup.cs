namespace ShmBus.Perf.Rounds;

/// <summary>The peers of a round.</summary>
internal sealed class PeerGroup : IDisposable
{
    private readonly List<PeerProcess> _peers = [];

    public Task<PeerReport>[] Reports => [.. _peers.Select(peer => peer.Report)];

    public void Start(PeerOrder order) => _peers.Add(PeerProcess.Start(order.ToArguments()));

    /// <summary>Waits until all are ready, and tells them.</summary>
    public void Go()
    {
        foreach (PeerProcess peer in _peers)
            peer.Ready.GetAwaiter().GetResult();
        foreach (PeerProcess peer in _peers)
            peer.Go();
    }

    public void Dispose()
    {
        foreach (PeerProcess peer in _peers)
            peer.Dispose();
    }
}
