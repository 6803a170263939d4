using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>A subscriber's end of one lane: the ring of one publisher, in a region of its own.</summary>
internal sealed unsafe class Lane : IDeathListener
{
    private readonly Region _region;
    private PeerWatch _peers;
    private readonly Subscriber _subscriber;
    private bool _isSuspect = true;
    private ulong _suspectBelow;

    /// <summary>Takes the lane's subscriber slot. The region is the caller's to close when this throws.</summary>
    internal Lane(Region region, Acknowledge acknowledge, bool copies, Subscriber subscriber)
    {
        _region = region;
        _subscriber = subscriber;
        Memory = region.Ring();
        Owner = SlotOwner.Acquire(region, Memory, EndpointRole.Subscriber);
        try
        {
            Ring = new RingConsumer(Memory, Owner.Index, acknowledge == Acknowledge.BeforeHandling, copies: copies,
                explicitly: acknowledge == Acknowledge.Explicitly);
            Publishers = new Waker(Memory, EndpointRole.Publisher, Signals.Of(region));
            Publishers.Wake(); // as Subscriber does
            _peers = new PeerWatch(Owner);
            _ = _peers.HaveChanged();
            IsWatched = DeathWatch.Register(this, region.Source) is null;
        }
        catch (Exception exception)
        {
            if (exception is RingCorruptException corruption)
            {
                Memory.ReportCorrupt(corruption);
            }
            Owner.Release();
            throw;
        }
    }

    internal RingMemory Memory { get; }

    internal SlotOwner Owner { get; }

    internal Waker Publishers { get; }

    internal bool IsWatched { get; }

    /// <summary>Where it is read. Kept here while it is not this lane's turn; the subscriber then has a copy, which counts.</summary>
    internal RingConsumer Ring;

    /// <summary>Whether a look will probably find something.</summary>
    internal bool MayHaveMore(in RingConsumer ring) =>
        Atomic.LoadAcquire(ref _isSuspect) || ring.IsStamped() || ring.Position < _suspectBelow; // pairs with OnClose

    /// <summary>A thorough look comes now. Until what is claimed by now is behind, a claim may be that of one who died.</summary>
    internal void BeginLook(in RingConsumer ring)
    {
        if (Atomic.LoadAcquire(ref _isSuspect)) // pairs with OnClose
        {
            Atomic.StoreRelease(ref _isSuspect, false);
            _suspectBelow = ring.Inspect().Tail;
        }
    }

    internal void Flush(Durability durability) => _region.Flush(durability);

    /// <summary>Gives the slot back, so that a successor can go on. The memory stays.</summary>
    internal void Release()
    {
        DeathWatch.Unregister(this, _region.Source);
        Owner.Release();
        Publishers.Wake(); // as Endpoint does
        _region.Close();
    }

    internal void Unmap() => _region.Unmap();

    void IDeathListener.OnClose()
    {
        if (_peers.HaveChanged())
        {
            Atomic.StoreRelease(ref _isSuspect, true);
            _subscriber.WakeSelf();
        }
    }

    void IDeathListener.OnTouched() => _subscriber.OnNameChanged(_region.Source);
}
