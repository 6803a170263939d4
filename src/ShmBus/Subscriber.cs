using System.Runtime.CompilerServices;
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
public sealed unsafe class Subscriber : Endpoint
{
    /// <summary>Where the system refuses the death watch, one of so many empty looks is thorough.</summary>
    private const uint LooksBeforeThorough = 1024;

    private readonly Waker _publishers;
    private RingConsumer _ring;
    private Pace _pace;
    private uint _emptyLooks;
    private ulong _suspectBelow;

    internal Subscriber(Region region, in RingMemory memory, WaitStrategy strategy, Acknowledge acknowledge)
        : base(region, memory, EndpointRole.Subscriber, strategy)
    {
        try
        {
            _publishers = new Waker(memory, EndpointRole.Publisher);
            _pace = new Pace(memory.Capacity);
            _ring = new RingConsumer(memory, Owner.Index, atMostOnce: acknowledge == Acknowledge.BeforeHandling);
        }
        catch (Exception exception)
        {
            Abandon(exception);
            throw;
        }
    }

    /// <summary>
    /// Raised when a claim was passed by because its owner died before it committed: within the call that found it, before that
    /// returns. The handler may not call this subscriber.
    /// </summary>
    public event EventHandler<LossEventArgs>? Lost;

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
            if (_ring.TryTake(out Record record) || (LookFurther() && _ring.TryTake(out record)))
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
            LeaveBy(exception);
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
            Message message = new Message(record);
            LeaveWith(MessageInHand);
            return message;
        }
        catch (Exception exception)
        {
            LeaveBy(exception);
            throw;
        }
    }

    /// <summary>Waits until there is a message.</summary>
    /// <param name="timeout">How long to wait at most; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out first.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public bool WaitToRead(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            Settle();
            bool isThere = _ring.FindMessage() || WaitInside(timeout, cancellationToken);
            Leave();
            return isThere;
        }
        catch (Exception exception)
        {
            LeaveBy(exception);
            throw;
        }
    }

    /// <summary>
    /// Hands the messages that are there to a handler, one by one, until none is left or the limit is reached. Does not block.
    /// </summary>
    /// <param name="handler">Deals with a message. If it throws, the exception comes through; under
    /// <see cref="Acknowledge.AfterHandling"/> the message is then handed out again by the next call.</param>
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
                int run = _ring.Run(ref adapter, limit - count, out bool gaveBack);
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
            Leave();
            return count;
        }
        catch (Exception exception)
        {
            if (_ring.HasTaken && _ring.Refuse())
            {
                _publishers.Wake();
            }
            LeaveBy(exception);
            throw;
        }
    }

    /// <summary>
    /// The message that was read last is done with: its span is no longer valid, and it will not be delivered again. Every other
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
    private protected override void LeaveRing()
    {
        _ring.Leave();
        _publishers.Wake();
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

    /// <summary>An eighth of the ring was read since the last time: messages flow.</summary>
    private void GaveBack()
    {
        _publishers.Wake();
        _waiter.StayAwake();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void GiveBackRoom()
    {
        if (_ring.GiveBackRoom())
        {
            _publishers.Wake();
        }
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

    /// <summary>Nothing stands at the position. Looks behind a claim whose owner died, when that may be the case.</summary>
    private bool LookFurther()
    {
        RunDry();
        return (MayBeHeldUpByDead() || (!IsWatched && ++_emptyLooks % LooksBeforeThorough == 0)) && Look() == Finding.Ready;
    }

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

    private Finding Look()
    {
        ulong end = 0;
        while (!_ring.FindMessage())
        {
            RingHole hole = _ring.Inspect();
            if (hole.Tail == _ring.Position)
            {
                return Finding.Idle;
            }
            // What comes after this look began brings its own wake. Otherwise who moves the tail on and on would keep this one here.
            end = end == 0 ? hole.Tail : end;
            if (_ring.Position >= end || IsAnyAlive(hole.Claimants))
            {
                return Finding.HeldUp;
            }
            ulong position = _ring.Position;
            if (_ring.Skip(hole))
            {
                Losses++;
                GiveBackRoom();
                Lost?.Invoke(this, new LossEventArgs((long)position, (long)(_ring.Position - position)));
            }
        }
        return Finding.Ready;
    }

    private bool IsAnyAlive(ulong publishers)
    {
        for (int i = 0; i < Memory.Geometry.PublisherSlots; i++)
        {
            if ((publishers >> i & 1) != 0 && Owner.IsAlive(EndpointRole.Publisher, i))
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
            return subscriber._ring.IsStamped();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Finding Look() => subscriber._ring.HasMessage() ? Finding.Ready : subscriber.Look();

        public readonly bool IsDisturbed => subscriber.MayBeHeldUpByDead();

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
            _handler.OnMessage(new Message(record));
            return !subscriber.IsClosing;
        }
    }

    private readonly struct DelegateHandler(MessageHandler handler) : IMessageHandler
    {
        public void OnMessage(in Message message) => handler(message);
    }
}
