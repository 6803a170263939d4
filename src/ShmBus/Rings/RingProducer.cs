using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

/// <summary>
/// The publishing end of a ring, alone or among others: claim, fill, commit or abort.
/// </summary>
/// <remarks>
/// <para>Who owns what. A producer alone writes its <c>intent</c> and, from its claim to its stamp, the bytes that it claimed.
/// <c>tail</c> belongs to whoever moves it: the one producer by a store, one of many by a compare-and-swap. Subscribers write
/// their gates. <see cref="_limit"/> is a copy of the least gate (plus the capacity) as it was when it was asked for last: each gate only
/// grows, so that an old copy errs towards 'full'.</para>
/// <para>A claim at t. (1) t is the tail; room below <see cref="_limit"/>, read anew only when short. (2) <c>intent</c> = t.
/// (3) <c>tail</c> from t to t + n; among many by CAS, and who fails begins anew. (4) Length, type, payload. (5) The stamp.
/// A producer that is killed before (3) has claimed nothing. Killed between (3) and (5) it leaves a hole that a subscriber
/// finds by tail and intent, and skips: see <see cref="RingConsumer"/>. Killed after (5) it has committed.</para>
/// <para>Why the order. Whoever sees a tail beyond t sees the intent of the claim at t, or a later one of the same producer: (2)
/// comes before (3), whose CAS or store releases it. Hence a CAS and no fetch-and-add: with that the position is known
/// only when the claim is made, and a kill between the two would leave a hole that nobody can name.</para>
/// <para>Intent stays where it is after the commit: an intent below a subscriber's position means nothing. One where the CAS
/// failed names a place that another claimed: a subscriber that waits there would wait for this producer too. It is
/// overwritten by the next attempt, or set to 0 before 'full' is reported, and then whoever sleeps for it is woken
/// (<see cref="HasReleased"/>).</para>
/// <para>Stores are what publishing is made of: while the reader's processor still owns the lines of the last lap, those that
/// wait for a line hold up all behind them, so each store more, private ones too, costs messages.</para>
/// <para>One that pays is made where the reader waits for each message: a zero in the line behind that of the next stamp. The
/// payload goes on there, and the line is this processor's by the time it does; the reader looks at the stamp's line only.
/// That takes a quarter off the round trip of 64 bytes. Where messages flow it would cost a tenth of them, so a
/// look at the reader's gate, once in a hundred small messages, tells which it is. A zero is no stamp, and the place is free
/// and nobody else's, as long as there is one producer and nobody reads what it writes over. (Counted from where the next record
/// begins, it is within what a long one takes up there, also where that goes on behind the end of the data area.)</para>
/// <para>Where it overwrites, there is always room. A reader believes what it copied if the tail, read after it, is not more than
/// the capacity beyond: hence a barrier between (3) and (4).</para>
/// </remarks>
internal unsafe struct RingProducer
{
    /// <summary>How far behind the place of the next stamp <see cref="Close"/> writes in advance: the next cache line.</summary>
    private const uint Ahead = 64;

    /// <summary>The bytes behind the tail that may be written over without a claim, rounded up.</summary>
    internal const ulong WrittenAhead = Ahead + RecordDescriptor.Alignment;

    /// <summary>How many bytes are published between two looks at how far the reader is.</summary>
    private const ulong CalmStep = 8192;

    private readonly RingMemory _memory;
    private readonly byte* _data;
    private readonly ulong* _sharedTail;
    private readonly ulong* _intent;
    private readonly ulong* _messages;
    private readonly ulong _mask;
    private readonly ulong _key;
    private readonly ulong _window;
    private readonly bool _isOneOfMany;
    private readonly bool _overwrites;
    private readonly bool _isOneToOne;
    private ulong _tail;
    private ulong _limit;
    private bool _isCalm;
    private bool _hasReleased;

    /// <summary>Takes over where the last producer stopped. The caller holds the slot.</summary>
    /// <exception cref="RingCorruptException">The tail and the subscribers' cursors do not fit together.</exception>
    internal RingProducer(in RingMemory memory, int slot)
    {
        _memory = memory;
        _data = memory.Data;
        _sharedTail = memory.Tail;
        _intent = memory.Publisher(slot).Intent;
        _messages = memory.Publisher(slot).Messages;
        _mask = memory.Capacity - 1;
        _key = memory.Key;
        _window = memory.Window;
        _isOneOfMany = memory.Geometry.PublisherSlots > 1;
        _overwrites = memory.Rules.Overwrites;
        _isOneToOne = !_isOneOfMany && !_overwrites && memory.Geometry.SubscriberSlots == 1;
        // The lock on the slot orders this after everything that the slot's last owner wrote.
        _tail = LoadTail();
        _limit = _overwrites ? ulong.MaxValue : RingRoom.Refresh(memory, _tail, default) + _window;
    }

    /// <summary>The position of the open claim.</summary>
    internal readonly ulong ClaimPosition => _tail;

    /// <summary>Whether a payload of this length has room as far as is known without asking the subscribers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool HasRoom(uint length)
    {
        if (_isOneOfMany)
        {
            _tail = LoadTail();
        }
        return _tail + Extent(length) <= _limit;
    }

    /// <summary>Asks the subscribers for room for a payload of this length.</summary>
    /// <param name="length">Bytes of the payload.</param>
    /// <param name="dead">Who holds back room and was found dead.</param>
    internal bool FindRoom(uint length, in DeadPeers dead)
    {
        if (_isOneOfMany)
        {
            _tail = LoadTail();
        }
        ulong needed = _tail + Extent(length) - _window;
        if (RingRoom.LeastGate(_memory, _tail, dead) < needed)
        {
            // Where a claim is in the way, it would help nobody to evict those who wait behind it.
            if (_memory.Rules.EvictionLag == 0 || RingRoom.OldestClaim(_memory, _tail, dead.Publishers) < needed || !RingRoom.Evict(_memory, needed, dead))
            {
                return false;
            }
            // Who was evicted may wait behind a claim.
            _hasReleased = true;
        }
        _limit = RingRoom.Refresh(_memory, _tail, dead) + _window;
        return HasRoom(length);
    }

    /// <summary>
    /// Claims a place where there is room as far as is known, and gives out where its payload goes. Until it is closed,
    /// <see cref="ClaimPosition"/> is its position. False when room must be found first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryClaim(uint length, uint type, out byte* payload)
    {
        if (_isOneOfMany)
        {
            return TryClaimAmongMany(length, type, out payload);
        }
        ulong position = _tail;
        ulong extent = Extent(length);
        byte* record = _data + (position & _mask);
        payload = record + HeaderSize;
        if (position + extent > _limit)
        {
            return false;
        }
        Atomic.StoreRelease(_intent, position);              // pairs with RingConsumer.Inspect: intents
        Atomic.StoreRelease(_sharedTail, position + extent); // pairs with RingConsumer.Inspect: tail
        // On x64 no instruction, so no branch for it either.
        if (X86Base.IsSupported || _overwrites)
        {
            Atomic.WriteBarrier(); // pairs with RingConsumer.TryTakeCopy and RingObserver.TryRead: record, read barrier, tail
        }
        *(ulong*)(record + LengthOffset) = LengthAndType(length, type);
        return true;
    }

    /// <summary>
    /// Whether somebody may wait in vain since this was asked last, because a claim was tried and given up, or because of an
    /// eviction: look for who sleeps.
    /// </summary>
    internal bool HasReleased()
    {
        bool released = _hasReleased;
        _hasReleased = false;
        return released;
    }

    /// <summary>Commits the open claim with a length of at most the claimed one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Commit(uint claimed, uint length)
    {
        byte* record = _data + (_tail & _mask);
        Close(record, claimed, length == claimed ? RecordKind.Message : Shorten(record, claimed, length));
    }

    /// <summary>Commits the open claim, whose payload is a run of messages: all of them at once.</summary>
    internal void CommitBatch(uint claimed) => Close(_data + (_tail & _mask), claimed, RecordKind.Batch);

    /// <summary>Commits the open claim, which begins with a block of extras; its payload may be shorter than what was claimed for it.</summary>
    /// <param name="claimed">The claimed bytes, those of the block among them.</param>
    /// <param name="length">The bytes of the payload behind the block.</param>
    internal void CommitExtended(uint claimed, uint length)
    {
        byte* record = _data + (_tail & _mask);
        ExtrasBlock.WritePayloadLength(record + HeaderSize, length);
        Close(record, claimed, RecordKind.Extended);
    }

    /// <summary>Gives the open claim up: subscribers pass it by.</summary>
    internal void Abort(uint claimed) => Close(_data + (_tail & _mask), claimed, RecordKind.Aborted);

    /// <summary>Gives the open claim up for good: this producer publishes no more. Its length stands in its header.</summary>
    internal void AbortLast() => Abort(claimed: 0);

    /// <summary>Brings a count of messages to where others can see it.</summary>
    internal readonly void FlushMessages(ulong count) => Atomic.StoreRelease(_messages, count);

    // Not inlined: the path of the one producer stays small.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryClaimAmongMany(uint length, uint type, out byte* payload)
    {
        ulong extent = Extent(length);
        bool hasLost = false;
        while (true)
        {
            // Anybody's word: with one that is beyond all reason there is no room, and whoever looks for room says why.
            ulong position = Atomic.LoadAcquire(_sharedTail); // pairs with this one's CAS
            ulong room = _limit - position;
            if (room < extent || room > _memory.Capacity || position % Alignment != 0)
            {
                if (hasLost)
                {
                    Atomic.StoreRelease(_intent, 0); // pairs with RingConsumer.Inspect: intents
                    _hasReleased = true;
                }
                payload = null;
                return false;
            }
            Atomic.StoreRelease(_intent, position); // pairs with RingConsumer.Inspect: intents
            if (Atomic.CompareExchange(_sharedTail, position, position + extent)) // pairs with RingConsumer.Inspect: tail
            {
                byte* record = _data + (position & _mask);
                _tail = position;
                payload = record + HeaderSize;
                *(ulong*)(record + LengthOffset) = LengthAndType(length, type);
                return true;
            }
            hasLost = true;
        }
    }

    private readonly ulong LoadTail()
    {
        ulong tail = Atomic.LoadAcquire(_sharedTail); // pairs with TryClaim: tail
        return IsPosition(tail, _memory.Capacity) ? tail
            : throw new RingCorruptException(tail, $"the tail must be a multiple of {Alignment} from {_memory.Capacity} on, and below 2^63");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RecordKind Shorten(byte* record, uint claimed, uint length)
    {
        ulong extent = Extent(claimed);
        if (Extent(length) == extent)
        {
            // With the type, as it was written and is read: a load that covers two stores waits until both have left the processor.
            *(ulong*)(record + LengthOffset) = LengthAndType(length, (uint)(*(ulong*)(record + LengthOffset) >> 32));
            return RecordKind.Message;
        }
        // At least one unit of 16 is left over, so the true length does not touch the payload.
        *(ulong*)(record + extent - TrueLengthSize) = length;
        return RecordKind.Short;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Close(byte* record, uint claimed, RecordKind kind)
    {
        ulong position = _tail;
        Atomic.StoreRelease((ulong*)record, BareStamp(position, _key) | (ulong)kind); // pairs with RingConsumer: stamp
        if (_isOneOfMany)
        {
            return;
        }
        ulong next = position + Extent(claimed);
        _tail = next;
        if (((position ^ next) & ~(CalmStep - 1)) != 0 && _isOneToOne)
        {
            LookWhetherCalm(position);
        }
        if (_isCalm && next + Ahead + sizeof(ulong) <= _limit)
        {
            *(ulong*)(_data + (next & _mask) + Ahead) = 0;
        }
    }

    /// <summary>Whether the reader had read all that was there before the last record.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookWhetherCalm(ulong position) =>
        _isCalm = Atomic.LoadAcquire(_memory.Subscriber(0).Gate) == position; // pairs with RingConsumer.PublishGate
}
