using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

// Where each publisher has a ring of its own, they are read in turn: the fields of Subscriber.cs are of the one whose turn it is.
public sealed unsafe partial class Subscriber
{
    /// <summary>No lane: the ring of the topic itself, which in a hub of lanes stays empty.</summary>
    private const int Own = -1;

    private readonly Lanes? _lanes;
    private int _lane = Own;

    /// <inheritdoc/>
    private protected override void LeaveRing()
    {
        for (int i = 0; i <= (_lanes?.Count ?? 0); i++)
        {
            _ring.Leave();
            _publishers.Wake();
            TakeTurns();
        }
    }

    /// <summary>Leaves because of an error. Where it is one lane's, the others go on: a corrupt one is read no more, any other in its next turn.</summary>
    private protected override void LeaveRingBy(Exception exception)
    {
        if (exception == _lanes?.Failure)
        {
            // It is that of a lane that could not be opened, and none that is read.
            Leave();
            return;
        }
        if (_lane == Own || exception is not (RingCorruptException or RecordKindException))
        {
            LeaveBy(exception);
            return;
        }
        int lane = _lane;
        TakeTurns();
        if (exception is RingCorruptException corruption)
        {
            _lanes![lane]!.Memory.ReportCorrupt(corruption);
            _lanes.Drop(lane);
        }
        Leave();
    }

    /// <summary>Goes on to the next lane, or to the topic's own ring after the last. Nothing may be in hand.</summary>
    private void TakeTurns()
    {
        if (_lanes is not null)
        {
            SwitchTo(_lanes.Next(_lane));
        }
    }

    private void SwitchTo(int lane)
    {
        if (_ring.Messages != _messagesBefore)
        {
            _lastLane = _lane;
        }
        RingOf(_lane) = _ring;
        _lane = lane;
        _ring = RingOf(lane);
        _messagesBefore = _ring.Messages;
        (_publishers, _ringOwner) = lane == Own ? (_lanes!.OwnPublishers, Owner) : (_lanes![lane]!.Publishers, _lanes[lane]!.Owner);
    }

    /// <summary>Where a ring is kept while it is not the one that is being read.</summary>
    private ref RingConsumer RingOf(int lane) => ref lane == Own ? ref _lanes!.OwnRing : ref _lanes![lane]!.Ring;

    /// <summary>Whether any lane has a message, or is held up by somebody who died, or is new.</summary>
    private bool MayHaveMore(Lanes lanes)
    {
        // Who died in the hub left nothing there but, maybe, a new lane.
        bool hasMore = lanes.HasNew;
        for (int i = 0; i < lanes.Count && !hasMore; i++)
        {
            hasMore = lanes[i] is Lane lane && lane.MayHaveMore(i == _lane ? _ring : lane.Ring);
        }
        return hasMore;
    }

    private bool IsAnyStamped() => _ring.IsStamped() || (_lanes is not null && (_lanes.HasNew || _lanes.NextStamped(_lane) != _lane));

    private Finding Look()
    {
        if (_lanes is null)
        {
            return LookHere();
        }
        _lanes.OpenNew();
        Finding found = Finding.Idle;
        // Round once; what is found first is where to go on.
        for (int i = 0; i <= _lanes.Count; i++)
        {
            if (_lane != Own)
            {
                _lanes[_lane]!.BeginLook(_ring);
            }
            switch (LookHere())
            {
                case Finding.Ready:
                    return Finding.Ready;
                case Finding.HeldUp:
                    found = Finding.HeldUp;
                    break;
            }
            TakeTurns();
        }
        return found;
    }
}
