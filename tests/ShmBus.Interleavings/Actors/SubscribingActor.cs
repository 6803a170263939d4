using ShmBus.Interleavings.Checking;
using ShmBus.Interleavings.Scheduling;

namespace ShmBus.Interleavings.Actors;

/// <summary>A subscriber: the real RingConsumer, used as Subscriber uses it. It reads for ever.</summary>
internal sealed unsafe class SubscribingActor(Explorer explorer, World world, string name) : Actor(explorer, world, name, EndpointRole.Subscriber, 0)
{
    private RingConsumer _ring;
    private bool _hasJoined;

    /// <summary>While it looks at a hole: the intents as they were before it looked at the tail, where a fault has it so.</summary>
    internal ulong[]? OldIntents { get; private set; }

    /// <summary>It skips a hole: a fault keeps stamps from it.</summary>
    internal bool IsSkipping { get; private set; }

    internal override void Join()
    {
        Occupy();
        _ring = new RingConsumer(World.Memory, Slot, World.Scenario.AtMostOnce ^ (Fault == Fault.AcknowledgesAtTheWrongTime));
        if (Fault != Fault.SubscriberJoinsWithoutWaking)
        {
            WakeOthers();
        }
        _hasJoined = true;
    }

    protected override void Begin()
    {
        _hasJoined = false;
        OldIntents = null;
        IsSkipping = false;
    }

    protected override void Live()
    {
        if (!_hasJoined)
        {
            Join();
        }
        while (true)
        {
            if (World.Scenario.Polls)
            {
                Poll();
            }
            else if (_ring.TryTake(out Record record))
            {
                Handle(record);
                Settle();
            }
            else
            {
                Wait();
            }
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
        else if (_ring.TryTake(out Record record))
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
            if (hole.Tail == _ring.Position)
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
