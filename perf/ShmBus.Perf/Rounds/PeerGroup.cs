namespace ShmBus.Perf.Rounds;

/// <summary>The peers of a round.</summary>
internal sealed class PeerGroup : IDisposable
{
    private readonly List<PeerProcess> _peers = [];

    public Task<PeerReport>[] Reports => [.. _peers.Select(peer => peer.Report)];

    /// <param name="order">What it is to do.</param>
    /// <param name="framework">What it needs besides the base, or null.</param>
    public void Start(PeerOrder order, string? framework) => _peers.Add(PeerProcess.Start(order.ToArguments(), framework, order.Directory));

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
