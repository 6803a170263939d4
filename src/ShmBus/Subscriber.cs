using System.Numerics;
using System.Runtime.CompilerServices;
using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>
/// The reading end of a topic. Messages are read where they stand in the ring, one by one (<see cref="TryRead"/>) or in runs
/// (<see cref="Poll(MessageHandler, int)"/>).
/// </summary>
/// <remarks>
/// Belongs to one thread at a time. Every call is also the word that the message of the call before is done with. Reading
/// allocates nothing, takes no lock, and makes no system call while the publisher is awake.
/// </remarks>
public sealed unsafe partial class Subscriber : Endpoint
{
    /// <summary>Where the system refuses the death watch, one of so many empty looks is thorough.</summary>
    private const uint LooksBeforeThorough = 1024;

    // Of the ring that is being read: the topic's own, or that of the lane whose turn it is.
    private RingConsumer _ring;
    private Waker _publishers;
    private SlotOwner _ringOwner;
    private Pace _pace;
    private uint _emptyLooks;
    private ulong _suspectBelow;

    internal Subscriber(
        Region region, in RingMemory memory, WaitStrategy strategy, Acknowledge acknowledge, JoinAt joinAt, PlaceName? place, RegionOptions options)
        : base(region, memory, EndpointRole.Subscriber, strategy, place)
    {
        _isExplicit = acknowledge == ShmBus.Acknowledge.Explicitly;
        PlaceName = place?.Text;
        _ringOwner = Owner;
        try
        {
            _publishers = new Waker(memory, EndpointRole.Publisher, Signals.Of(region));
            _pace = new Pace((ulong)region.Header.RingCapacity);
            _ring = new RingConsumer(memory, Owner.Index, acknowledge == ShmBus.Acknowledge.BeforeHandling,
                !Owner.IsNewPlace ? RingStart.Resume : joinAt == JoinAt.Oldest ? RingStart.Oldest : RingStart.End,
                copies: !options.TrustPeers, explicitly: _isExplicit);
            if (Owner.IsNewPlace && place is not null)
            {
                Owner.Keep(place);
            }
            // One that sleeps because this owner was alive already, and the gate still the last one's, looks again.
            _publishers.Wake();
            // What the place missed before, its new owner is not told by events: nobody listens yet.
            _ = _ring.TakeMissed();
            if (region.Header.Producers == RegionHeader.Lanes)
            {
                _lanes = new Lanes(region.Source, memory, options, acknowledge, this) { OwnPublishers = _publishers };
                Companions = _lanes;
                _lanes.OpenNew();
            }
            SayJoined();
        }
        catch (Exception exception)
        {
            _lanes?.Release();
            Abandon(exception);
            _lanes?.Unmap();
            throw;
        }
    }

    /// <summary>
    /// Raised when something was passed by: a claim whose owner died before it committed, or, in a topic that overwrites, what was
    /// written over before it was read. Within the call that found it, before that returns. What is found while an operation is awaited is
    /// told before that is over, on the thread where its awaiter goes on. The handler may not call this subscriber.
    /// </summary>
    public event EventHandler<LossEventArgs>? Lost;

    /// <summary>The name under which its place is kept, or null.</summary>
    public string? PlaceName { get; }

    /// <summary>
    /// The bytes, headers and padding included, that were written over before this subscriber read them. Right after its creation:
    /// those that its place lost before, because the last owner was evicted.
    /// </summary>
    public long MissedBytes => (long)_ring.MissedBytes;

    /// <summary>How often this subscriber passed by claims whose owner died before it committed.</summary>
    public long Losses { get; private set; }

    /// <summary>Reads the next message in place, if there is one. Does not block.</summary>
    /// <param name="message">The message; valid until the next call on this subscriber.</param>
    /// <returns>False when nothing is there.</returns>
    /// <exception cref="InvalidOperationException">Another thread is inside.</exception>
    /// <exception cref="ObjectDisposedException">The subscriber was disposed.</exception>
    /// <exception cref="RingCorruptException">Somebody wrote over the ring.</exception>
    /// <exception cref="RecordKindException">The message was written by a newer version, in a way that this one does not read.</exception>
    public bool TryRead(out Message message)
    {
        Enter();
        try
        {
            Settle();
            bool isThere = _ring.TryTake(out Record record) || (LookFurther() && _ring.TryTake(out record));
            ReportMissed();
            if (isThere)
            {
                message = new Message(record);
                LeaveWith(MessageInHand);
                return true;
            }
            Leave();
            message = default;
            return false;
        }
        catch (Exception exception)
        {
            LeaveRingBy(exception);
            throw;
        }
    }

    /// <summary>Reads the next message in place; waits for one as the strategy says.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message; valid until the next call on this subscriber.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before there was one.</exception>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public Message Read(CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            Settle();
            Record record;
            while (!_ring.TryTake(out record))
            {
                WaitInside(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            ReportMissed();
            Message message = new Message(record);
            LeaveWith(MessageInHand);
            return message;
        }
        catch (Exception exception)
        {
            LeaveRingBy(exception);
            throw;
        }
    }

    /// <summary>Waits until there is a message, or <see cref="CancelPendingWait"/> is called.</summary>
    /// <param name="timeout">How long to wait at most; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out first, or <see cref="CancelPendingWait"/> ended the wait.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public bool WaitToRead(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            Settle();
            bool isThere = !TryTakeCancel() && (_ring.FindMessage() || WaitOrCancel(timeout, cancellationToken));
            ReportMissed();
            Leave();
            return isThere;
        }
        catch (Exception exception)
        {
            LeaveRingBy(exception);
            throw;
        }
    }

    /// <summary>
    /// Hands the messages that are there to a handler, one by one, until none is left or the limit is reached. Does not block.
    /// </summary>
    /// <param name="handler">Deals with a message. If it throws, the exception comes through; under
    /// <see cref="ShmBus.Acknowledge.AfterHandling"/> and <see cref="ShmBus.Acknowledge.Explicitly"/> the message is then handed out again by the next call.</param>
    /// <param name="limit">The most messages to hand out.</param>
    /// <returns>How many messages were handed out.</returns>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public int Poll(MessageHandler handler, int limit = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(handler);
        DelegateHandler adapter = new(handler);
        return Poll(ref adapter, limit);
    }

    /// <inheritdoc cref="Poll(MessageHandler, int)"/>
    /// <typeparam name="THandler">A struct that deals with messages; it is inlined.</typeparam>
    public int Poll<THandler>(ref THandler handler, int limit = int.MaxValue) where THandler : struct, IMessageHandler
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        Enter();
        try
        {
            Settle();
            RecordHandler<THandler> adapter = new(this, ref handler);
            int count = 0;
            while (count < limit && !IsClosing)
            {
                bool gaveBack = false;
                // Receipts need the count of what was read even where a handler throws, which Run does not keep.
                int run = _isExplicit ? 0 : _ring.Run(ref adapter, limit - count, out gaveBack);
                count += run;
                if (gaveBack)
                {
                    GaveBack();
                }
                else if (count == limit || IsClosing)
                {
                    break;
                }
                // No plain message stands there: one of another kind may, or one behind a claim whose owner died.
                else if (_ring.TryTake(out Record record) || (count == 0 && LookFurther() && _ring.TryTake(out record)))
                {
                    ReportMissed();
                    count++;
                    handler.OnMessage(new Message(record));
                    Settle();
                }
                else
                {
                    if (count > 0)
                    {
                        RunDry();
                    }
                    break;
                }
            }
            ReportMissed();
            Leave();
            return count;
        }
        catch (Exception exception)
        {
            if (_ring.HasTaken && _ring.Refuse())
            {
                _publishers.Wake();
            }
            LeaveRingBy(exception);
            throw;
        }
    }

    /// <summary>
    /// The message that was read last is done with: its span is no longer valid, and it will not be delivered again (under
    /// <see cref="ShmBus.Acknowledge.Explicitly"/> only <see cref="Acknowledge"/> says that). Every other
    /// call says the same; this one is for the last message before <see cref="Endpoint.Dispose"/>, which does not.
    /// </summary>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public void Complete()
    {
        Enter();
        Settle();
        Leave();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected override void Settle()
    {
        if (_ring.HasTaken && _ring.Done())
        {
            GaveBack();
        }
    }

    /// <inheritdoc/>
    private protected override Finding LookForLast() => LookForMessage();

    /// <summary>An eighth of the ring was read since the last time: messages flow.</summary>
    private void GaveBack()
    {
        _publishers.Wake();
        _waiter.StayAwake();
        if (_lanes is not null)
        {
            // In full flow each lane gets so much, and then it is the next one's turn.
            SwitchTo(_lanes.NextStamped(_lane));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void GiveBackRoom()
    {
        if (_ring.GiveBackRoom())
        {
            _publishers.Wake();
        }
    }

    /// <summary>Tells of what was written over before it was read, since the last time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ReportMissed()
    {
        if (_ring.HasMissed)
        {
            RaiseMissed();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RaiseMissed()
    {
        (ulong position, ulong length) = _ring.TakeMissed();
        Lost?.Invoke(this, new LossEventArgs((long)position, (long)length, LossCause.Overwritten));
    }

    /// <summary>Nothing stands at the position.</summary>
    private void RunDry()
    {
        GiveBackRoom();
        _pace.Missed(_ring.Position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool WaitInside(TimeSpan timeout, CancellationToken cancellationToken)
    {
        RunDry();
        MessageCondition condition = new(this, cancellationToken);
        bool isThere = _waiter.Wait(ref condition, timeout);
        _pace.Waited(condition.Glances);
        return isThere;
    }

    /// <summary>Nothing stands at the position. Looks behind a claim whose owner died, and at other lanes, when that may be the case.</summary>
    private bool LookFurther()
    {
        RunDry();
        return (IsWorthALook() || (!IsWatched && ++_emptyLooks % LooksBeforeThorough == 0)) && Look() == Finding.Ready;
    }

    private bool IsWorthALook() => _lanes is null ? MayBeHeldUpByDead() : MayHaveMore(_lanes);

    /// <summary>
    /// Whether somebody died whose claims are not all behind: they lie below the tail as it is after the death became known.
    /// </summary>
    private bool MayBeHeldUpByDead()
    {
        if (IsSuspect)
        {
            IsSuspect = false;
            _suspectBelow = _ring.Inspect().Tail;
        }
        return _ring.Position < _suspectBelow;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Finding LookForMessage() => _ring.HasMessage() ? Finding.Ready : Look();

    private Finding LookHere()
    {
        ulong end = 0;
        while (!_ring.FindMessage())
        {
            // Aborted claims may have been passed by, or one that is lost: a publisher may sleep for their room.
            GiveBackRoom();
            RingHole hole = _ring.Inspect();
            if (hole.Tail == _ring.Position)
            {
                return Finding.Idle;
            }
            if (hole.IsPassed)
            {
                // Since the look before: whoever wrote so much wakes those who sleep.
                return Finding.HeldUp;
            }
            // What comes after this look began brings its own wake. Otherwise who moves the tail on and on would keep this one here.
            end = end == 0 ? hole.Tail : end;
            if (_ring.Position >= end || IsAnyAlive(hole.Claimants))
            {
                return Finding.HeldUp;
            }
            // Told first: it lies before the hole.
            ReportMissed();
            ulong position = _ring.Position;
            if (_ring.Skip(hole))
            {
                Losses++;
                Lost?.Invoke(this, new LossEventArgs((long)position, (long)(_ring.Position - position), LossCause.PublisherDied));
            }
        }
        return Finding.Ready;
    }

    private bool IsAnyAlive(ulong publishers)
    {
        for (; publishers != 0; publishers &= publishers - 1)
        {
            if (_ringOwner.IsAlive(EndpointRole.Publisher, BitOperations.TrailingZeroCount(publishers)))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Waiting for a message.</summary>
    private struct MessageCondition(Subscriber subscriber, CancellationToken cancellationToken) : IWaitCondition
    {
        internal int Glances { get; private set; }

        public bool Glance()
        {
            Glances++;
            return subscriber.IsAnyStamped() || subscriber._ring.IsPassed();
        }

        public readonly Finding Look() => subscriber.LookForMessage();

        public readonly bool IsDisturbed => subscriber.IsWorthALook();

        public readonly void ThrowIfEnded() => subscriber.ThrowIfEnded(cancellationToken);

        public readonly CancellationTokenRegistration WakeWhenCancelled() => subscriber.WakeWhenCancelled(cancellationToken);
    }

    private readonly ref struct RecordHandler<THandler>(Subscriber subscriber, ref THandler handler) : IRecordHandler
        where THandler : struct, IMessageHandler
    {
        private readonly ref THandler _handler = ref handler;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool OnRecord(in Record record)
        {
            // Run hands out plain messages only.
            _handler.OnMessage(new Message(record.Payload, record.LengthAndType, record.Position));
            return !subscriber.IsClosing;
        }
    }

    private readonly struct DelegateHandler(MessageHandler handler) : IMessageHandler
    {
        public void OnMessage(in Message message) => handler(message);
    }
}
