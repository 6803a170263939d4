namespace ShmBus.Passing;

/// <summary>
/// What ties endpoints to one peer: when its connection ends, they learn of it. It holds the connection for as long as whoever made
/// it or any endpoint needs it.
/// </summary>
/// <param name="peer">Who it is, for people.</param>
/// <param name="close">Ends the connection.</param>
internal sealed class PeerLink(string peer, Action close)
{
    private readonly Lock _lock = new();
    private readonly List<IPeerListener> _listeners = [];
    private bool _isReleased;

    /// <summary>Who it is, for people.</summary>
    internal string Peer { get; } = peer;

    /// <summary>Why the peer counts as gone, or null.</summary>
    internal string? LostBecause { get; private set; }

    /// <summary>Tells an endpoint, at once if the peer is gone by now.</summary>
    internal void Join(IPeerListener listener)
    {
        lock (_lock)
        {
            _listeners.Add(listener);
            if (LostBecause is not null)
            {
                listener.OnPeerLost();
            }
        }
    }

    /// <summary>Tells it no more.</summary>
    internal void Leave(IPeerListener listener)
    {
        lock (_lock)
        {
            _listeners.Remove(listener);
            CloseIfUnused();
        }
    }

    /// <summary>Whoever made it does not need it any more.</summary>
    internal void Release()
    {
        lock (_lock)
        {
            _isReleased = true;
            CloseIfUnused();
        }
    }

    /// <summary>The peer is gone. The first reason counts.</summary>
    internal void Lose(string reason)
    {
        lock (_lock)
        {
            if (LostBecause is null)
            {
                LostBecause = reason;
                _listeners.ForEach(static listener => listener.OnPeerLost());
            }
        }
    }

    private void CloseIfUnused()
    {
        if (_isReleased && _listeners.Count == 0)
        {
            close();
        }
    }
}

/// <summary>An endpoint that wants to know. Called with a lock held: brief, and never calling back.</summary>
internal interface IPeerListener
{
    /// <summary>The peer is gone: wake up, and wait for it no longer.</summary>
    void OnPeerLost();
}
