using System.Runtime.CompilerServices;
using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

/// <summary>
/// The publishing end of a ring that has one producer: claim, fill, commit or abort.
/// </summary>
/// <remarks>
/// <para>Who owns what. The producer alone writes <c>tail</c>, its <c>intent</c> and everything in [gate, gate + capacity) that
/// has no stamp of its position yet; subscribers write their gates. <see cref="_tail"/> is the producer's own copy of what it
/// alone writes; <see cref="_limit"/> is a copy of the subscribers' gate (plus the capacity), which only grows, so that an old
/// copy errs towards 'full'.</para>
/// <para>A claim. (1) Room below <see cref="_limit"/>, read anew only when short. (2) <c>intent</c> = t. (3) <c>tail</c> = t + n.
/// (4) Length, type, payload. (5) The stamp. A producer that is killed before (3) has claimed nothing. Killed between (3) and
/// (5) it leaves a hole that a subscriber finds by tail and intent, and skips: see <see cref="RingConsumer"/>. Killed after (5)
/// it has committed.</para>
/// <para>Intent stays where it is after the commit: an intent below a subscriber's position means nothing. It must not stay when
/// the producer gives up for want of room, since then nothing was claimed there; with one producer it is not yet written
/// by then.</para>
/// <para>Stores are what publishing is made of: while the reader's processor still owns the lines of the last lap, those that
/// wait for a line hold up all behind them, so each store more, private ones too, costs messages.</para>
/// <para>One that pays is made where the reader waits for each message: a zero in the line behind that of the next stamp. The
/// payload goes on there, and the line is this processor's by the time it does; the reader looks at the stamp's line only.
/// That takes a quarter off the round trip of 64 bytes. Where messages flow it would cost a sixth of them, so a
/// look at the reader's gate, once in a hundred small messages, tells which it is. A zero is no stamp, and the place is free
/// and nobody else's, as long as there is one producer.</para>
/// </remarks>
internal unsafe struct RingProducer
{
    /// <summary>How far behind the place of the next stamp <see cref="Close"/> writes in advance: the next cache line.</summary>
    private const uint Ahead = 64;

    /// <summary>How many bytes are published between two looks at how far the reader is.</summary>
    private const ulong CalmStep = 8192;

    private readonly RingMemory _memory;
    private readonly byte* _data;
    private readonly ulong* _sharedTail;
    private readonly ulong* _intent;
    private readonly ulong* _messages;
    private readonly ulong _mask;
    private readonly ulong _key;
    private ulong _tail;
    private ulong _limit;
    private bool _isCalm;

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
        // The lock on the slot orders this after everything that the last owner wrote.
        _tail = Atomic.LoadAcquire(_sharedTail);
        if (_tail < memory.Capacity || _tail % Alignment != 0)
        {
            throw new RingCorruptException(_tail, $"the tail must be a multiple of {Alignment} from {memory.Capacity} on");
        }
        _limit = RingRoom.LeastGate(memory, _tail, deadSubscribers: 0) + memory.Capacity;
    }

    /// <summary>Where the next claim begins.</summary>
    internal readonly ulong Tail => _tail;

    /// <summary>Whether a payload of this length has room as far as is known without asking the subscribers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool HasRoom(uint length) => _tail + Extent(length) <= _limit;

    /// <summary>Asks the subscribers for room for a payload of this length.</summary>
    /// <param name="length">Bytes of the payload.</param>
    /// <param name="deadSubscribers">A bit for each slot that holds back room and whose owner was found dead.</param>
    internal bool FindRoom(uint length, ulong deadSubscribers)
    {
        ulong needed = _tail + Extent(length) - _memory.Capacity;
        if (RingRoom.LeastGate(_memory, _tail, deadSubscribers) < needed)
        {
            return false;
        }
        _limit = RingRoom.Refresh(_memory, _tail, deadSubscribers) + _memory.Capacity;
        return HasRoom(length);
    }

    /// <summary>Publishes one message in a place that <see cref="HasRoom"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Publish(ReadOnlySpan<byte> payload, uint type)
    {
        byte* record = Claim((uint)payload.Length, type) - HeaderSize;
        payload.CopyTo(new Span<byte>(record + HeaderSize, payload.Length));
        Close(record, (uint)payload.Length, RecordKind.Message);
    }

    /// <summary>
    /// Claims a place that <see cref="HasRoom"/> and returns where its payload goes. Until it is committed or aborted,
    /// <see cref="Tail"/> is its position.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly byte* Claim(uint length, uint type)
    {
        ulong position = _tail;
        byte* record = _data + (position & _mask);
        Atomic.StoreRelease(_intent, position);                        // pairs with RingConsumer.Inspect: intents
        Atomic.StoreRelease(_sharedTail, position + Extent(length));   // pairs with RingConsumer.Inspect: tail
        *(ulong*)(record + LengthOffset) = LengthAndType(length, type);
        return record + HeaderSize;
    }

    /// <summary>Commits the open claim with a length of at most the claimed one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Commit(uint claimed, uint length)
    {
        byte* record = _data + (_tail & _mask);
        Close(record, claimed, length == claimed ? RecordKind.Message : Shorten(record, claimed, length));
    }

    /// <summary>Gives the open claim up: subscribers pass it by.</summary>
    internal void Abort(uint claimed) => Close(_data + (_tail & _mask), claimed, RecordKind.Aborted);

    /// <summary>Gives the open claim up for good: this producer publishes no more. Its length stands in its header.</summary>
    internal void AbortLast() => Abort(claimed: 0);

    /// <summary>Brings a count of messages to where others can see it.</summary>
    internal readonly void FlushMessages(ulong count) => Atomic.StoreRelease(_messages, count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RecordKind Shorten(byte* record, uint claimed, uint length)
    {
        ulong extent = Extent(claimed);
        if (Extent(length) == extent)
        {
            *(uint*)(record + LengthOffset) = length;
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
        ulong next = position + Extent(claimed);
        _tail = next;
        if (((position ^ next) & ~(CalmStep - 1)) != 0)
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
