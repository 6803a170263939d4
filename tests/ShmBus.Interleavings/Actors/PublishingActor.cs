using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings.Actors;

/// <summary>A publisher: the real RingProducer, used as Publisher uses it.</summary>
internal sealed unsafe class PublishingActor(Explorer explorer, World world, string name, int slot, IReadOnlyList<Publication> before, IReadOnlyList<Publication> script)
    : Actor(explorer, world, name, EndpointRole.Publisher, slot)
{
    private RingProducer _ring;
    private bool _hasJoined;

    /// <summary>What it is about to claim, or has claimed.</summary>
    internal Publication? Open { get; private set; }

    /// <summary>The position of an intent that a fault keeps back.</summary>
    internal ulong DelayedIntent { get; set; }

    internal override void Join()
    {
        Occupy();
        _ring = new RingProducer(World.Memory, Slot);
        Atomic.StoreRelease(World.Memory.Publisher(Slot).State, (uint)SlotState.Active);
        if (Fault != Fault.TakeOverWakesNobody)
        {
            WakeOthers();
        }
        _hasJoined = true;
    }

    /// <summary>Publishes what is in the ring when the schedule begins.</summary>
    internal void PublishBefore()
    {
        foreach (Publication publication in before)
        {
            Publish(publication);
        }
    }

    protected override void Begin()
    {
        _hasJoined = false;
        Open = null;
        DelayedIntent = 0;
    }

    protected override void Live()
    {
        if (!_hasJoined)
        {
            Join();
        }
        foreach (Publication publication in script)
        {
            Publish(publication);
        }
    }

    private void Publish(Publication publication)
    {
        Open = publication;
        byte* place;
        while (!_ring.TryClaim(publication.Claimed, publication.Type, out place))
        {
            if (_ring.HasReleased() && Fault != Fault.GivesUpWithoutWaking)
            {
                WakeOthers();
            }
            ParkUntil(() => FindRoom(publication.Claimed));
        }
        ReadOnlySpan<byte> bytes = publication.Bytes;
        int half = bytes.Length / 2;
        bytes[..half].CopyTo(new Span<byte>(place, half));
        if (Fault == Fault.StampsBeforePayload)
        {
            Close(publication);
        }
        Step();
        bytes[half..].CopyTo(new Span<byte>(place + half, bytes.Length - half));
        if (Fault != Fault.StampsBeforePayload)
        {
            Close(publication);
        }
        WakeOthers();
    }

    private void Close(Publication publication)
    {
        switch (publication.Kind)
        {
            case PublicationKind.Message:
                _ring.Commit(publication.Claimed, (uint)publication.Bytes.Length);
                break;
            case PublicationKind.Batch:
                _ring.CommitBatch(publication.Claimed);
                break;
            case PublicationKind.Aborted:
                _ring.Abort(publication.Claimed);
                break;
            default:
                _ring.AbortLast();
                break;
        }
    }

    private bool FindRoom(uint length)
    {
        if (_ring.FindRoom(length, default))
        {
            return true;
        }
        ulong generations = RingRoom.Generations(World.Memory);
        DeadPeers dead = new(FindDead(), World.Memory.AreClaimsBounds ? FindDeadPublishers() : 0, generations);
        if (Fault == Fault.TakesSuccessorForDead)
        {
            dead = dead with { Generations = RingRoom.Generations(World.Memory) };
        }
        return !dead.IsNone && _ring.FindRoom(length, dead);
    }

    private ulong FindDeadPublishers()
    {
        ulong dead = 0;
        for (int i = 0; i < World.Memory.Geometry.PublisherSlots; i++)
        {
            bool isOccupied = Atomic.LoadAcquire(World.Memory.Publisher(i).State) != (uint)SlotState.Free;
            dead |= isOccupied && !IsAlive(EndpointRole.Publisher, i) ? 1UL << i : 0;
        }
        return dead;
    }

    /// <summary>As SlotOwner.FindDead.</summary>
    private ulong FindDead()
    {
        ulong dead = 0;
        for (int i = 0; i < World.Memory.Geometry.SubscriberSlots && Fault != Fault.NeverAsksWhoIsDead; i++)
        {
            bool isOccupied = Atomic.LoadAcquire(World.Memory.Subscriber(i).State) is not ((uint)SlotState.Free or (uint)SlotState.Evicted);
            dead |= isOccupied && !IsAlive(EndpointRole.Subscriber, i) ? 1UL << i : 0;
        }
        return dead;
    }
}
