using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

// What an endpoint learns of others by itself: that somebody died, that the region lost its name, that the one peer is gone.
public abstract partial class Endpoint : IDeathListener, IPeerListener
{
    /// <summary>How long, in milliseconds, a claim that seems to be open may hold up the end of the messages of a peer that is gone.</summary>
    private const long MostHeldUp = 1000;

    private PeerLink? _link;
    private bool _isPeerLost;
    private long _lostAt;

    void IDeathListener.OnClose()
    {
        lock (_memoryLock)
        {
            if (_isMapped && _peers.HaveChanged())
            {
                IsSuspect = true;
                _waiter.WakeSelf();
            }
        }
    }

    /// <summary>Depends on a peer from now on. The construction has succeeded.</summary>
    internal void Follow(PeerLink? link)
    {
        _link = link;
        link?.Join(this);
    }

    void IPeerListener.OnPeerLost()
    {
        // What it left in the ring is its last word: a thorough look, and no more waiting.
        IsSuspect = true;
        _lostAt = Environment.TickCount64;
        // That its locks are freed, nobody may tell.
        _waiter.IsUnwatched();
        Atomic.StoreRelease(ref _isPeerLost, true); // pairs with IsPeerLost
        WakeSelf();
    }

    void IDeathListener.OnTouched() => OnNameChanged(_region.Source);

    /// <summary>A region that this endpoint works with may have lost its name.</summary>
    internal void OnNameChanged(RegionSource source)
    {
        if (NameLost is not null && HasLostName(source))
        {
            EventHandler? handlers = NameLost;
            NameLost = null;
            // Not on the watch's own thread: a handler may dispose endpoints, or take its time.
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.handlers?.Invoke(state.sender, EventArgs.Empty), (sender: this, handlers), preferLocal: false);
        }
    }

    /// <summary>The peer is gone: what is there by now was committed before that, and is waited for no longer.</summary>
    private void ThrowIfNothingIsLeft()
    {
        Finding left = LookForLast();
        // A connection may end before the locks of one that was killed: until then a claim of his looks open, and holds up what is behind it.
        if (left == Finding.Idle || (left == Finding.HeldUp && Environment.TickCount64 - _lostAt > MostHeldUp))
        {
            throw new PeerLostException(_link!.Peer, _link.LostBecause!);
        }
    }

    /// <summary>Looks whether what is waited for is there in spite of the peer being gone: it was, before that.</summary>
    private protected virtual Finding LookForLast() => Finding.Idle;

    private static bool HasLostName(RegionSource source)
    {
        try
        {
            return source.CheckName() is RegionName.Removed or RegionName.Replaced;
        }
        catch (ErrnoException)
        {
            // Who may not look cannot know; on the watch's thread it would end the process.
            return false;
        }
    }
}
