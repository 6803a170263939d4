using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

/// <summary>
/// Reads the records of a ring from outside: by loads alone, without a slot, so nobody waits for it and nobody knows of it. It sees what is
/// there, read or not, until that is written over.
/// </summary>
/// <remarks>
/// <para>A record is copied and then believed if it stood there to the end. Whoever writes over the record at p claimed that place before: the
/// tail went beyond p + capacity, and on x64, and where the ring overwrites, that store comes before those to the record
/// (<see cref="RingProducer.TryClaim"/>). So a tail that is not there, read after the copy, proves it. One store comes without a claim: the zero
/// that a producer writes a little ahead of its tail; hence <see cref="RingProducer.WrittenAhead"/> bytes less are believed.
/// Elsewhere nothing orders a claim and what is written into it, but the room for it does: whoever writes over p has raised
/// <c>sharedGate</c> beyond p and fenced (<see cref="RingRoom.Refresh"/>). There what lies below that, read after the copy, is not believed.</para>
/// <para>Stamps of their own position are boundaries, so any of them is a place to begin, and to go on where this one was passed.
/// A hole is dealt with as <see cref="RingConsumer"/> does it, but for the counting of losses in the slot.</para>
/// <para>Whatever stands in the ring: each field is read once, into the copy, which is checked; a record ends at the tail at the latest, and one call
/// looks at each place a few times at most.</para>
/// </remarks>
internal sealed unsafe class RingObserver
{
    /// <summary>How often it is passed within one call before it says that it found nothing.</summary>
    private const int MostPassed = 16;

    private readonly RingMemory _memory;
    private readonly uint _maxLength;
    private byte[] _copy = [];
    private ulong _position;
    private ulong _inBatch;  // the next message of the batch at _position; 0: not in a batch
    private ulong _batchEnd;

    /// <summary>Begins at the end, or with the oldest record that is whole.</summary>
    /// <exception cref="RingCorruptException">The tail is none.</exception>
    internal RingObserver(in RingMemory memory, bool fromOldest)
    {
        _memory = memory;
        _maxLength = (uint)MaxLength(memory.Geometry.Capacity);
        ulong tail = LoadTail();
        _position = fromOldest ? FirstStamped(Floor(tail), tail) : tail;
    }

    /// <summary>The position of the next record.</summary>
    internal ulong Position => _position;

    /// <summary>The bytes that were written over before it read them.</summary>
    internal ulong MissedBytes { get; private set; }

    /// <summary>The bytes of claims whose owners died before they committed.</summary>
    internal ulong LostBytes { get; private set; }

    /// <summary>Copies the next message, if one is there: valid until the next call.</summary>
    /// <exception cref="RingCorruptException">What is there cannot be a record.</exception>
    /// <exception cref="RecordKindException">A record that this version does not read.</exception>
    internal bool TryRead(out Record record)
    {
        record = default;
        if (_inBatch != 0)
        {
            record = NextOfBatch();
            return true;
        }
        // Whoever makes up record after record does not keep this one at it for ever.
        ulong end = _position + _memory.Capacity;
        for (int passed = 0; passed < MostPassed && _position < end;)
        {
            byte* at = _memory.Data + (_position & (_memory.Capacity - 1));
            ulong kind = Atomic.LoadAcquire((ulong*)at) ^ BareStamp(_position, _memory.Key); // pairs with RingProducer.Close
            bool isStamped = kind - 1 < KindMask;
            ulong lengthAndType = *(ulong*)(at + LengthOffset);
            uint length = (uint)lengthAndType;
            if (isStamped && kind != (ulong)RecordKind.Aborted)
            {
                Copy(at + HeaderSize, length);
            }
            Atomic.ReadBarrier(); // pairs with RingProducer.TryClaim: tail, write barrier, record; and RingRoom.Refresh: sharedGate, fence
            ulong tail = LoadTail();
            if (_position < Floor(tail))
            {
                passed++;
                PassOver(tail);
                end = _position + _memory.Capacity;
                continue;
            }
            if (!isStamped)
            {
                return false;
            }
            if (length > _maxLength || Extent(length) > tail - _position)
            {
                throw new RingCorruptException(_position, $"a record says length {length}; at most {_maxLength} is possible, and the tail is {tail}");
            }
            if (kind != (ulong)RecordKind.Aborted)
            {
                record = Take(kind, lengthAndType);
                return true;
            }
            _position += Extent(length);
        }
        return false;
    }

    /// <summary>What stands between the position and the tail, where <see cref="TryRead"/> found nothing: steps 1 and 2 of a hole.</summary>
    internal RingHole Inspect()
    {
        ulong tail = LoadTail(); // pairs with RingProducer.TryClaim: tail
        ulong nearest = tail;
        ulong claimants = 0;
        for (int i = 0; i < _memory.Geometry.PublisherSlots && tail != _position; i++)
        {
            ulong intent = Atomic.LoadAcquire(_memory.Publisher(i).Intent); // pairs with RingProducer.TryClaim: intent
            if (intent == _position)
            {
                claimants |= 1UL << i;
            }
            else if (intent - _position < nearest - _position && intent % Alignment == 0)
            {
                nearest = intent;
            }
        }
        return new RingHole(tail, nearest, claimants) { IsPassed = _position < Floor(tail) };
    }

    /// <summary>Steps 3 to 5: all who could have claimed here are dead. False when the record is there after all, or what was seen is no longer so.</summary>
    internal bool Skip(in RingHole hole)
    {
        if (hole.NearestIntent == _position || _memory.IsStamped(_position))
        {
            return false;
        }
        ulong end = FirstStamped(_position + Alignment, hole.NearestIntent);
        Atomic.ReadBarrier(); // as in TryRead
        if (_position < Floor(LoadTail()))
        {
            // Stamps that were not found may have been written over.
            return false;
        }
        LostBytes += end - _position;
        _position = end;
        return true;
    }

    /// <summary>Takes what was copied, and is whole.</summary>
    private Record Take(ulong kind, ulong lengthAndType)
    {
        byte* payload = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_copy));
        uint claimed = (uint)lengthAndType;
        uint type = (uint)(lengthAndType >> 32);
        ulong position = _position;
        switch (kind)
        {
            case (ulong)RecordKind.Message:
                _position += Extent(claimed);
                return new Record(payload, lengthAndType, position);
            case (ulong)RecordKind.Short:
                ulong length = *(ulong*)(payload + (Extent(claimed) - HeaderSize - TrueLengthSize));
                if (length >= claimed)
                {
                    throw new RingCorruptException(position, $"a short record says length {length} within {claimed} claimed bytes");
                }
                _position += Extent(claimed);
                return new Record(payload, LengthAndType((uint)length, type), position);
            case (ulong)RecordKind.Extended:
                ExtrasBlock extras = ExtrasBlock.Read(payload, claimed, position, out uint trueLength);
                _position += Extent(claimed);
                return new Record(payload + extras.Size, LengthAndType(trueLength, type), position, extras);
            case (ulong)RecordKind.Batch:
                if (claimed == 0 || claimed % BatchAlignment != 0)
                {
                    throw new RingCorruptException(position, $"a batch says length {claimed}; expected a multiple of {BatchAlignment}, not 0");
                }
                _inBatch = position + HeaderSize;
                _batchEnd = _inBatch + claimed;
                return NextOfBatch();
            default:
                throw new RecordKindException(position, (uint)kind);
        }
    }

    /// <summary>The next message of the batch, all of which was copied.</summary>
    private Record NextOfBatch()
    {
        ulong position = _inBatch;
        byte* at = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_copy)) + (position - _position - HeaderSize);
        ulong lengthAndType = *(ulong*)at;
        uint length = (uint)lengthAndType;
        if (length > _batchEnd - position - BatchHeaderSize)
        {
            throw new RingCorruptException(position, $"a message says length {length}; its batch ends {_batchEnd - position - BatchHeaderSize} bytes on");
        }
        _inBatch = position + BatchExtent(length);
        if (_inBatch == _batchEnd)
        {
            _inBatch = 0;
            _position += Extent((uint)(_batchEnd - _position) - HeaderSize);
        }
        return new Record(at + BatchHeaderSize, lengthAndType, position);
    }

    /// <summary>Copies a payload with all that its record takes up, whatever the length says.</summary>
    private void Copy(byte* payload, uint length)
    {
        int size = (int)(Extent(Math.Min(length, _maxLength)) - HeaderSize);
        if (_copy.Length < Math.Max(size, 1))
        {
            _copy = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, 1)), pinned: true);
        }
        new ReadOnlySpan<byte>(payload, size).CopyTo(_copy);
    }

    /// <summary>What is below may have been written over.</summary>
    private ulong Floor(ulong tail) => X86Base.IsSupported || _memory.Rules.Overwrites
        ? Math.Max(_memory.Capacity, tail + RingProducer.WrittenAhead - _memory.Capacity)
        : Atomic.LoadAcquire(_memory.SharedGate);

    /// <summary>Goes on in the newer half of what is there, which will not be written over at once.</summary>
    private void PassOver(ulong tail)
    {
        ulong position = FirstStamped(Math.Max(Floor(tail), tail - _memory.Capacity / 2), tail);
        MissedBytes += position - _position;
        _position = position;
    }

    /// <summary>The first position that bears its own stamp, or the end.</summary>
    private ulong FirstStamped(ulong position, ulong end)
    {
        for (position &= ~(ulong)(Alignment - 1); position < end; position += Alignment)
        {
            if (_memory.IsStamped(position))
            {
                return position;
            }
        }
        return end;
    }

    private ulong LoadTail()
    {
        ulong tail = Atomic.LoadAcquire(_memory.Tail); // pairs with RingProducer.TryClaim: tail
        return IsPosition(tail, _memory.Capacity) && tail >= _position ? tail
            : throw new RingCorruptException(_position, $"the tail, {tail}, must be a multiple of {Alignment} from {_memory.Capacity} on, and not below");
    }
}
