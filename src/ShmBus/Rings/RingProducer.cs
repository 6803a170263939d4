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
/// </remarks>
internal unsafe struct RingProducer
{
    private readonly RingMemory _memory;
    private readonly byte* _data;
    private readonly ulong* _sharedTail;
    private readonly ulong* _intent;
    private readonly ulong* _messages;
    private readonly ulong _mask;
    private readonly ulong _key;
    private ulong _tail;
    private ulong _limit;
    private ulong _openPosition;
    private uint _openLength;

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

    /// <summary>The largest payload, in bytes.</summary>
    internal readonly int MaxLength => RecordDescriptor.MaxLength(_memory.Geometry.Capacity);

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
        ulong position = _tail;
        byte* record = Begin(position, (uint)payload.Length);
        *(ulong*)(record + LengthOffset) = LengthAndType((uint)payload.Length, type);
        payload.CopyTo(new Span<byte>(record + HeaderSize, payload.Length));
        Stamp(record, position, RecordKind.Message);
    }

    /// <summary>Opens a claim in a place that <see cref="HasRoom"/>, and returns where its payload goes.</summary>
    internal byte* Claim(uint length, uint type)
    {
        _openPosition = _tail;
        _openLength = length;
        byte* record = Begin(_openPosition, length);
        *(ulong*)(record + LengthOffset) = LengthAndType(length, type);
        return record + HeaderSize;
    }

    /// <summary>The position of the open claim, or 0.</summary>
    internal readonly ulong OpenPosition => _openPosition;

    /// <summary>The length of the open claim.</summary>
    internal readonly uint OpenLength => _openLength;

    /// <summary>Commits the open claim with a length of at most the claimed one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Commit(uint length)
    {
        byte* record = _data + (_openPosition & _mask);
        Close(record, length == _openLength ? RecordKind.Message : Shorten(record, length));
    }

    /// <summary>Gives the open claim up: subscribers pass it by.</summary>
    internal void Abort() => Close(_data + (_openPosition & _mask), RecordKind.Aborted);

    /// <summary>Brings a count of messages to where others can see it.</summary>
    internal readonly void FlushMessages(ulong count) => Atomic.StoreRelease(_messages, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Begin(ulong position, uint length)
    {
        ulong end = position + Extent(length);
        Atomic.StoreRelease(_intent, position); // pairs with RingConsumer.Inspect: intents
        Atomic.StoreRelease(_sharedTail, end);  // pairs with RingConsumer.Inspect: tail
        _tail = end;
        return _data + (position & _mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Stamp(byte* record, ulong position, RecordKind kind) =>
        Atomic.StoreRelease((ulong*)record, BareStamp(position, _key) | (ulong)kind); // pairs with RingConsumer.TryTake: stamp

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly RecordKind Shorten(byte* record, uint length)
    {
        ulong claimed = Extent(_openLength);
        if (Extent(length) == claimed)
        {
            *(uint*)(record + LengthOffset) = length;
            return RecordKind.Message;
        }
        // At least one unit of 16 is left over, so the true length does not touch the payload.
        *(ulong*)(record + claimed - TrueLengthSize) = length;
        return RecordKind.Short;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Close(byte* record, RecordKind kind)
    {
        Stamp(record, _openPosition, kind);
        _openPosition = 0;
    }
}
