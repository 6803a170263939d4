using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

// Where a message can vanish under its reader, it is copied, and believed if it stood there to the end. Where peers are not trusted,
// it is copied and then checked.
internal unsafe partial struct RingConsumer
{
    /// <summary>Whether it missed something that was not asked for yet (<see cref="TakeMissed"/>).</summary>
    internal readonly bool HasMissed => _missedEnd != 0;

    /// <summary>What it missed since this was asked last, in one piece.</summary>
    internal (ulong Position, ulong Length) TakeMissed()
    {
        (ulong, ulong) missed = (_missedFrom, _missedEnd - _missedFrom);
        _missedEnd = 0;
        return missed;
    }

    /// <summary>
    /// Whether this one was passed: what it waits for was written over, or publishers wait for it no longer. No stamp at its place
    /// tells of that.
    /// </summary>
    internal readonly bool IsPassed() => _isLossy && !IsIntact();

    /// <summary>Takes the next message by a copy, which, where it can vanish, is believed if the original stood there to the end.</summary>
    private bool TryTakeCopy(out Record record)
    {
        for (int passed = 0; passed < MostPassed && FindMessage(); passed++)
        {
            byte* at = _data + (_done & _mask);
            ulong kind = Atomic.LoadAcquire((ulong*)at) ^ BareStamp(_done, _key); // pairs with RingProducer.Close
            ulong lengthAndType = *(ulong*)(at + LengthOffset);
            byte* copy = Copy(at + HeaderSize, (uint)lengthAndType);
            if (!_isLossy || IsStillThere())
            {
                record = Take(kind, lengthAndType, copy);
                return true;
            }
        }
        record = default;
        return false;
    }

    /// <summary>A copy of a payload with all that its record takes up, whatever the length says.</summary>
    private byte* Copy(byte* payload, uint length)
    {
        int size = (int)(Extent(Math.Min(length, _maxLength)) - HeaderSize);
        if (_copy.Length < size)
        {
            _copy = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)size), pinned: true);
        }
        new ReadOnlySpan<byte>(payload, size).CopyTo(_copy);
        return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_copy));
    }

    /// <summary>
    /// Whether what was read since the stamp at this position stood there to the end. Otherwise goes on at a place where something
    /// is intact.
    /// </summary>
    /// <exception cref="SubscriberEvictedException">Publishers wait for this one no longer.</exception>
    private bool IsStillThere()
    {
        if (IsIntact())
        {
            return true;
        }
        if (!_memory.Rules.Overwrites)
        {
            throw new SubscriberEvictedException(_done, _memory.Rules.EvictionLag);
        }
        ulong tail = Atomic.LoadAcquire(_memory.Tail); // pairs with RingProducer.TryClaim: tail
        if (!IsPosition(tail, _memory.Capacity) || tail < _done)
        {
            throw new RingCorruptException(_done, $"the tail, {tail}, must be a multiple of {Alignment} and not below");
        }
        ulong intact = FirstIntact(tail);
        Miss(_done, intact);
        _done = _taken = intact;
        Atomic.StoreRelease(_resume, intact);
        PublishGate();
        return false;
    }

    private readonly bool IsIntact()
    {
        Atomic.ReadBarrier(); // pairs with RingProducer.TryClaim: tail, write barrier, record
        return _memory.Rules.Overwrites
            ? Atomic.LoadAcquire(_memory.Tail) - _done <= _memory.Capacity
            : Atomic.LoadAcquire(_slot.State) == (uint)SlotState.Active; // pairs with RingRoom.Evict
    }

    /// <summary>
    /// The first record in the newer half of what can be read, which will not be written over at once. Every stamp of its own
    /// position is a boundary; so was the tail.
    /// </summary>
    private readonly ulong FirstIntact(ulong tail)
    {
        ulong position = tail - (_memory.Window / 2 & ~(ulong)(Alignment - 1));
        while (position < tail && !IsStamped(position))
        {
            position += Alignment;
        }
        return position;
    }

    private void Miss(ulong from, ulong to)
    {
        // Passed once more before it was asked: aborted claims between the two count as missed.
        from = HasMissed ? _missedEnd : from;
        _missedFrom = HasMissed ? _missedFrom : from;
        _missedEnd = to;
        MissedBytes += to - from;
        Atomic.StoreRelease(_slot.MissedBytes, Atomic.LoadAcquire(_slot.MissedBytes) + (to - from));
    }
}
