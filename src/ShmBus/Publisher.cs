using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

/// <summary>
/// The writing end of a topic. Publishes a copy of a payload, or lets it be written in place (<see cref="TryClaim(int, out Claim)"/>).
/// </summary>
/// <remarks>
/// Belongs to one thread at a time. Publishing allocates nothing, takes no lock, and makes no system call while the subscriber
/// is awake.
/// </remarks>
public sealed unsafe partial class Publisher : Endpoint
{
    /// <summary>Where the system refuses the death watch, one of so many looks that find the ring full is thorough.</summary>
    private const uint LooksBeforeThorough = 1024;

    private readonly Waker _subscribers;
    private readonly uint _maxLength;
    private uint _plainLengths; // of payloads that go without extras: all below
    private RingProducer _ring;
    private ulong _messages;
    private uint _fullLooks;
    private DeadPeers _dead;

    /// <summary>Those that may wait for this one's claims; null where nobody does. Apart, because most have none.</summary>
    private readonly Waker[]? _waitingForClaims;

    internal Publisher(Region region, in RingMemory memory, WaitStrategy strategy, LaneHub? hub) : base(region, memory, EndpointRole.Publisher, strategy)
    {
        try
        {
            _maxLength = (uint)MaxMessageLength;
            ChoosePath();
            // The subscriber of lanes sleeps in the hub.
            _subscribers = new Waker(hub?.Memory ?? memory, EndpointRole.Subscriber, Signals.Of(region));
            _waitingForClaims = memory.AreClaimsBounds ? [new Waker(memory, EndpointRole.Publisher, Signals.Of(region))] : null;
            _ring = new RingProducer(memory, Owner.Index);
            Owner.Activate();
            if (hub is not null)
            {
                Slot = hub.Index;
                Companions = hub;
                hub.Announce();
            }
            // A subscriber that waited for the last owner's claim sees now that it is nobody's.
            WakeWaiters();
            SayJoined();
        }
        catch (Exception exception)
        {
            Abandon(exception);
            throw;
        }
    }

    /// <summary>Publishes a copy of the payload, if there is room now. Does not block.</summary>
    /// <param name="payload">The bytes, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <returns>False when the ring is full: nothing was published.</returns>
    /// <exception cref="MessageTooLongException">The payload is longer than the topic takes.</exception>
    /// <exception cref="InvalidOperationException">A claim is open, or another thread is inside.</exception>
    /// <exception cref="ObjectDisposedException">The publisher was disposed.</exception>
    /// <exception cref="RingCorruptException">Somebody wrote over the ring.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPublish(ReadOnlySpan<byte> payload, uint type = 0)
    {
        if ((uint)payload.Length >= _plainLengths)
        {
            return TryPublishOther(payload, type);
        }
        Enter();
        if (!_ring.TryClaim((uint)payload.Length, type, out byte* place) && !FindPlaceOrLeave((uint)payload.Length, type, out place))
        {
            return false;
        }
        PublishInside(payload, place);
        return true;
    }

    /// <summary>Publishes a copy of the payload; waits for room as the strategy says.</summary>
    /// <inheritdoc cref="TryPublish(ReadOnlySpan{byte}, uint)"/>
    /// <param name="payload">The bytes, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled before there was room: nothing was published.</exception>
    public void Publish(ReadOnlySpan<byte> payload, CancellationToken cancellationToken = default) =>
        Publish(payload, 0, cancellationToken);

    /// <inheritdoc cref="Publish(ReadOnlySpan{byte}, CancellationToken)"/>
    /// <param name="payload">The bytes, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public void Publish(ReadOnlySpan<byte> payload, uint type, CancellationToken cancellationToken = default)
    {
        if ((uint)payload.Length >= _plainLengths)
        {
            PublishOther(payload, type, cancellationToken);
            return;
        }
        Enter();
        byte* place;
        while (!_ring.TryClaim((uint)payload.Length, type, out place))
        {
            WaitInside((uint)payload.Length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        PublishInside(payload, place);
    }

    /// <summary>Publishes copies of all messages of a batch, if there is room for all of them now. Does not block.</summary>
    /// <remarks>
    /// Subscribers get all of them, one after the other with nothing in between, or none, also when this process is killed in the
    /// middle. It is cheaper than as many single messages. An empty batch publishes nothing.
    /// </remarks>
    /// <param name="batch">The messages; it stays as it is.</param>
    /// <returns>False when the ring is full: nothing was published.</returns>
    /// <exception cref="MessageTooLongException">The batch takes up more than the topic takes at once (<see cref="MessageBatch.Length"/>).</exception>
    /// <inheritdoc cref="TryPublish(ReadOnlySpan{byte}, uint)" path="/exception"/>
    public bool TryPublish(MessageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckLength(batch.Length);
        Enter();
        if (batch.Count == 0)
        {
            Leave();
            return true;
        }
        if (!_ring.TryClaim((uint)batch.Length, 0, out byte* place) && !FindPlaceOrLeave((uint)batch.Length, 0, out place))
        {
            return false;
        }
        PublishInside(batch, place);
        return true;
    }

    /// <summary>Publishes copies of all messages of a batch; waits for room for all of them as the strategy says.</summary>
    /// <inheritdoc cref="TryPublish(MessageBatch)"/>
    /// <param name="batch">The messages; it stays as it is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled before there was room: nothing was published.</exception>
    public void Publish(MessageBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckLength(batch.Length);
        Enter();
        if (batch.Count == 0)
        {
            Leave();
            return;
        }
        byte* place;
        while (!_ring.TryClaim((uint)batch.Length, 0, out place))
        {
            WaitInside((uint)batch.Length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        PublishInside(batch, place);
    }

    /// <summary>
    /// Waits until there is room for a payload of a length. It stays there until this publisher uses it, unless the topic has
    /// other publishers: one of those may take it first.
    /// </summary>
    /// <param name="length">The bytes of the payload, and of the extras that will be given for it (<see cref="MessageExtras.Length"/>).</param>
    /// <param name="timeout">How long to wait at most; <see cref="Timeout.InfiniteTimeSpan"/> for without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out first.</returns>
    /// <exception cref="MessageTooLongException">The payload is longer than the topic takes.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The publisher was disposed, before or meanwhile.</exception>
    public bool WaitToPublish(int length, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint whole = LengthToWaitFor(length);
        Enter();
        bool hasRoom = WaitInside(whole, timeout, cancellationToken);
        Leave();
        return hasRoom;
    }

    /// <summary>Claims space to write a payload in place, if there is room now. Does not block, does not allocate.</summary>
    /// <param name="length">The bytes to claim, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="claim">The space; commit or dispose it before anything else is done with this publisher.</param>
    /// <returns>False when the ring is full: nothing was claimed.</returns>
    /// <inheritdoc cref="TryPublish(ReadOnlySpan{byte}, uint)" path="/exception"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryClaim(int length, out Claim claim) => TryClaim(length, 0, out claim);

    /// <inheritdoc cref="TryClaim(int, out Claim)"/>
    /// <param name="length">The bytes to claim, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="claim">The space; commit or dispose it before anything else is done with this publisher.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryClaim(int length, uint type, out Claim claim)
    {
        if ((uint)length >= _plainLengths)
        {
            return Hold(TryClaimOther(length, type), length, out claim);
        }
        EnterWith(ClaimOpen);
        if (!_ring.TryClaim((uint)length, type, out byte* place) && !FindPlaceOrLeave((uint)length, type, out place))
        {
            claim = default;
            return false;
        }
        claim = new Claim(this, _ring.ClaimPosition, MemoryMarshal.CreateSpan(ref *place, length));
        return true;
    }

    /// <summary>Whether the claim at a position is still open. Positions are never used again, so it cannot be mistaken for another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool HasOpen(ulong position) => IsClaimOpen && _ring.ClaimPosition == position;

    // The open claim is this thread's: no need to enter, and nobody has closed the memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Commit(uint claimed, uint length)
    {
        _ring.Commit(claimed, length);
        Published(1);
    }

    internal void Abort(uint claimed)
    {
        _ring.Abort(claimed);
        // Whoever waits behind it looks on.
        WakeWaiters();
        Leave();
    }

    /// <inheritdoc/>
    private protected override void Settle()
    {
        // An open claim does not let anybody in.
    }

    /// <inheritdoc/>
    private protected override void LeaveRing()
    {
        if (IsClaimOpen)
        {
            _ring.AbortLast();
            WakeWaiters();
        }
        _ring.FlushMessages(_messages);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PublishInside(ReadOnlySpan<byte> payload, byte* place)
    {
        payload.CopyTo(new Span<byte>(place, payload.Length));
        _ring.Commit((uint)payload.Length, (uint)payload.Length);
        Published(1);
    }

    private void PublishInside(MessageBatch batch, byte* place)
    {
        batch.Bytes.CopyTo(new Span<byte>(place, batch.Length));
        _ring.CommitBatch((uint)batch.Length);
        Published((uint)batch.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Published(uint messages)
    {
        _messages += messages;
        WakeWaiters();
        Leave();
    }

    /// <summary>Wakes whoever waits for what this one did: subscribers, and in a broadcast others that wait for its claim to be closed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WakeWaiters()
    {
        _subscribers.Wake();
        if (_waitingForClaims is not null)
        {
            _waitingForClaims[0].Wake();
        }
    }

    /// <summary>Asks the subscribers for room; whether they live, only where one may have died or the look is a thorough one.</summary>
    private bool FindRoom(uint length, bool isThorough)
    {
        _ring.FlushMessages(_messages);
        if (_ring.FindRoom(length, _dead))
        {
            return true;
        }
        if (!isThorough && !IsSuspect && !HasForgotten && (IsWatched || ++_fullLooks % LooksBeforeThorough != 0))
        {
            return false;
        }
        IsSuspect = false;
        ulong generations = RingRoom.Generations(Memory);
        // Known until the slot has another owner: how far the dead one was, and that nobody reads there.
        _dead = new DeadPeers(
            Owner.FindDead(EndpointRole.Subscriber), _waitingForClaims is not null ? Owner.FindDead(EndpointRole.Publisher) : 0, generations);
        return !_dead.IsNone && _ring.FindRoom(length, _dead);
    }

    /// <summary>Who was found dead is no longer known to be: somebody joined since, and it may be in that slot.</summary>
    private bool HasForgotten => !_dead.IsNone && RingRoom.Generations(Memory) != _dead.Generations;

    /// <summary>There was no place as far as was known. Looks for room until there is a place, or none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool FindPlaceOrLeave(uint length, uint type, out byte* place)
    {
        try
        {
            do
            {
                ReleaseWaiters();
                if (!FindRoom(length, isThorough: false))
                {
                    place = null;
                    ReleaseWaiters();
                    Leave();
                    return false;
                }
            }
            while (!_ring.TryClaim(length, type, out place));
            _waiter.StayAwake();
            return true;
        }
        catch (Exception exception)
        {
            LeaveBy(exception);
            throw;
        }
    }

    /// <summary>A claim was tried and given up: a subscriber may have seen it, and sleep for it. Or one that sleeps was evicted.</summary>
    private void ReleaseWaiters()
    {
        if (_ring.HasReleased())
        {
            WakeWaiters();
        }
    }

    private bool WaitInside(uint length, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            ReleaseWaiters();
            RoomCondition condition = new(this, length, cancellationToken);
            bool hasRoom = _waiter.Wait(ref condition, timeout);
            ReleaseWaiters();
            return hasRoom;
        }
        catch (Exception exception)
        {
            LeaveBy(exception);
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckLength(int length)
    {
        if ((uint)length > _maxLength)
        {
            ThrowLength(length, 0);
        }
    }

    // Made in a method of its own, so that the path of messages stays small.
    private void ThrowLength(int length, int extras) => throw (length < 0
        ? new ArgumentOutOfRangeException(nameof(length), length, "A length cannot be negative.")
        : new MessageTooLongException(length, extras, (int)_maxLength));

    /// <summary>Waiting for room.</summary>
    private readonly struct RoomCondition(Publisher publisher, uint length, CancellationToken cancellationToken) : IWaitCondition
    {
        public bool Glance() => publisher._ring.FindRoom(length, publisher._dead);

        public Finding Look() => publisher.LookForRoom(length);

        public bool IsDisturbed => publisher.IsSuspect || publisher.HasForgotten;

        public void ThrowIfEnded() => publisher.ThrowIfEnded(cancellationToken);

        public CancellationTokenRegistration WakeWhenCancelled() => publisher.WakeWhenCancelled(cancellationToken);
    }
}
