using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings.Actors;

/// <summary>A subscriber: the real RingConsumer, used as Subscriber uses it. It reads for ever, unless its scenario has it leave or it is evicted.</summary>
internal sealed unsafe class SubscribingActor(Explorer explorer, World world, string name, int slot) : Actor(explorer, world, name, EndpointRole.Subscriber, slot)
{
    private RingConsumer _ring;
    private bool _hasJoined;
    private int _read;

    /// <summary>While it looks at a hole: the intents as they were before it looked at the tail, where a fault has it so.</summary>
    internal ulong[]? OldIntents { get; private set; }

    /// <summary>It skips a hole: a fault keeps stamps from it.</summary>
    internal bool IsSkipping { get; private set; }

    /// <summary>Where it stands, while it takes a copy: a fault has it believe that nothing was written over.</summary>
    internal ulong? Copying { get; private set; }

    private Reader Reader => World.Scenario.Subscribers[Slot];

    private RingSlot Place => World.Memory.Subscriber(Slot);

    internal override void Join()
    {
        Occupy();
        // As SlotOwner.FindPlace; a queue has one place for all.
        bool isNew = World.Memory.Rules.IsBroadcast && Atomic.LoadAcquire(Place.IsKept) == 0;
        _ring = new RingConsumer(World.Memory, Slot, World.Scenario.AtMostOnce ^ (Fault == Fault.AcknowledgesAtTheWrongTime), isNew ? Reader.Start : RingStart.Resume);
        World.Begin(this, _ring.Position, isNew);
        TellMissed();
        if (isNew && Reader.IsKept)
        {
            Atomic.StoreRelease(Place.IsKept, 1);
        }
        if (Fault != Fault.SubscriberJoinsWithoutWaking)
        {
            WakeOthers();
        }
        _hasJoined = true;
    }

    protected override void Begin()
    {
        _hasJoined = false;
        _read = 0;
        OldIntents = null;
        IsSkipping = false;
        Copying = null;
    }

    protected override void Live()
    {
        if (!_hasJoined)
        {
            Join();
        }
        try
        {
            while (Reader.Leaves == 0 || _read < Reader.Leaves)
            {
                Read();
            }
        }
        catch (SubscriberEvictedException)
        {
            World.Note(this, "was evicted");
        }
        Leave();
    }

    private void Read()
    {
        if (World.Scenario.Polls)
        {
            Poll();
        }
        else if (TryTake(out Record record))
        {
            Handle(record);
            Settle();
        }
        else
        {
            Wait();
        }
    }

    private bool TryTake(out Record record)
    {
        Copying = World.Memory.Rules.AreLossy && Fault == Fault.BelievesEveryCopy ? _ring.Position : null;
        bool isThere = _ring.TryTake(out record);
        Copying = null;
        TellMissed();
        return isThere;
    }

    private void TellMissed()
    {
        if (_ring.HasMissed)
        {
            (ulong position, ulong length) = _ring.TakeMissed();
            World.Miss(this, position + length);
        }
    }

    /// <summary>As Subscriber.LeaveRing and Endpoint.Close.</summary>
    private void Leave()
    {
        _ring.Leave();
        WakeOthers();
        World.End(this);
        Vacate();
        if (Fault != Fault.LeavesWithoutWaking)
        {
            WakeOthers();
        }
    }

    /// <summary>As Subscriber.Poll and WaitToRead, in turn.</summary>
    private void Poll()
    {
        Handler handler = new(this);
        _ = _ring.Run(ref handler, int.MaxValue, out bool gaveBack);
        if (gaveBack)
        {
            WakeOthers();
        }
        else if (TryTake(out Record record))
        {
            Handle(record);
            Settle();
        }
        else if (!_ring.FindMessage())
        {
            Wait();
        }
    }

    private void Handle(in Record record)
    {
        // Killed here, it has taken the message but not dealt with it.
        Step();
        World.Deliver(this, record);
        Step();
        World.CheckStillIntact(record);
        _read++;
    }

    private void Settle()
    {
        if (_ring.Done())
        {
            WakeOthers();
        }
    }

    private void Wait()
    {
        GiveBackRoom();
        ParkUntil(Look);
        TellMissed();
    }

    private void GiveBackRoom()
    {
        if (_ring.GiveBackRoom())
        {
            WakeOthers();
        }
    }

    /// <summary>As Subscriber.Look; true for Ready.</summary>
    private bool Look()
    {
        while (!_ring.FindMessage())
        {
            if (Fault != Fault.KeepsTheRoomOfAborted)
            {
                GiveBackRoom();
            }
            RingHole hole = Inspect();
            if (hole.Tail == _ring.Position || hole.IsPassed)
            {
                return false;
            }
            for (int i = 0; i < World.Memory.Geometry.PublisherSlots; i++)
            {
                if ((hole.Claimants >> i & 1) != 0 && IsAlive(EndpointRole.Publisher, i) && Fault != Fault.TakesPausedForDead)
                {
                    return false;
                }
            }
            if (Fault == Fault.SkipsToTheTail)
            {
                hole = hole with { NearestIntent = hole.Tail };
            }
            IsSkipping = true;
            _ = _ring.Skip(hole);
            IsSkipping = false;
        }
        return true;
    }

    private RingHole Inspect()
    {
        if (Fault == Fault.ReadsIntentsBeforeTail)
        {
            Step();
            OldIntents = [.. Enumerable.Range(0, World.Memory.Geometry.PublisherSlots).Select(i => *World.Memory.Publisher(i).Intent)];
        }
        RingHole hole = _ring.Inspect();
        OldIntents = null;
        return hole;
    }

    private readonly struct Handler(SubscribingActor actor) : IRecordHandler
    {
        public bool OnRecord(in Record record)
        {
            actor.Handle(record);
            return true;
        }
    }
}
