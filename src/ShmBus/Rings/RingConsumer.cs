using System.Runtime.CompilerServices;
using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

/// <summary>
/// The reading end of a ring, for one producer or many: take the record at one's position, be done with it, go on.
/// </summary>
/// <remarks>
/// <para>Who owns what. The consumer alone writes its slot's <c>gate</c> and <c>resume</c>, which are copies of its private
/// position for publishers and for its successor. A record is there when its stamp is: the consumer looks at nothing else
/// while messages flow, so a small message costs one cache line.</para>
/// <para>Acknowledging. At-least-once stores <c>resume</c> when a message is done with, at-most-once before it is handed out; a
/// plain store to a line that nobody reads. <c>gate</c> follows every eighth of the ring and when the ring runs dry.</para>
/// <para>A batch is one record. Its messages are handed out one by one, and <c>resume</c> stays at its beginning until all are
/// done with; meanwhile <c>within</c> is to it what <c>resume</c> is to the ring. It is a position and not a count, so one that
/// is left from an earlier batch is below <c>resume</c> and means nothing.</para>
/// <para>A hole. No stamp at H, though tail is beyond: a claim is open there, or its owner died with it. (1) t0 = tail; H == t0
/// is empty. (2) Read every intent; one that equals H and whose owner lives: wait. (3) Read the stamp of H again; now there:
/// take it. (4) e = the least of t0, every intent in (H, t0) and the first position in (H, t0) that bears its own stamp, read
/// after the intents. (5) Go on at e. It is right because each intent in [H, tail) was once the tail, hence a true boundary
/// of a claim; because the owner of the claim at H wrote intent H before tail moved beyond, so whoever sees the tail sees
/// that intent, or a later one of the same owner, which it writes only after the stamp of H, or the 0 of the slot's
/// next owner, which comes only after the death; and because a claim beyond H is either stamped or its intent still stands.
/// There is no time-out in it and no guess: a paused owner lives, and is waited for.</para>
/// </remarks>
internal unsafe struct RingConsumer
{
    private readonly RingMemory _memory;
    private readonly RingSlot _slot;
    private readonly byte* _data;
    private readonly ulong* _resume;
    private readonly ulong _mask;
    private readonly ulong _key;
    private readonly ulong _gateStep;
    private readonly uint _maxLength;
    private readonly bool _atMostOnce;
    private ulong _done;
    private ulong _taken;
    private ulong _gate;
    private ulong _messages;
    private ulong _inBatch; // the next message of the batch at _done; 0: not in a batch
    private ulong _batchEnd;

    /// <summary>Goes on where the slot's last owner was, or at the start. The caller holds the slot.</summary>
    /// <exception cref="RingCorruptException">The stored place does not fit the tail.</exception>
    internal RingConsumer(in RingMemory memory, int slot, bool atMostOnce)
    {
        _memory = memory;
        _slot = memory.Subscriber(slot);
        _data = memory.Data;
        _resume = _slot.Resume;
        _mask = memory.Capacity - 1;
        _key = memory.Key;
        _gateStep = memory.Capacity / 8;
        _maxLength = (uint)MaxLength(memory.Geometry.Capacity);
        _atMostOnce = atMostOnce;
        Atomic.StoreRelease(_slot.State, (uint)SlotState.Joining);
        Atomic.FullFence(); // pairs with RingRoom.Refresh: sharedGate, fence, slots
        ulong start = Math.Max(Atomic.LoadAcquire(_resume), Atomic.LoadAcquire(memory.SharedGate));
        ulong tail = Atomic.LoadAcquire(memory.Tail);
        if (!IsPosition(start, memory.Capacity) || tail - start > memory.Capacity)
        {
            throw new RingCorruptException(start, $"the stored place must be a multiple of {Alignment} from {memory.Capacity} on, and within {memory.Capacity} bytes below the tail, {tail}");
        }
        _done = _taken = _gate = start;
        Atomic.StoreRelease(_resume, start);
        Atomic.StoreRelease(_slot.Gate, start);
        Atomic.StoreRelease(_slot.State, (uint)SlotState.Active);
    }

    /// <summary>The position of the next record; everything below is done with, but for what is taken.</summary>
    internal readonly ulong Position => _taken;

    /// <summary>Whether a message was taken that is not done with.</summary>
    internal readonly bool HasTaken => _taken != _done;

    /// <summary>Takes the next message, if one is there. Nothing may be taken that is not done with.</summary>
    /// <exception cref="RingCorruptException">What is there cannot be a record.</exception>
    /// <exception cref="RecordKindException">A record that this version does not read.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTake(out Record record)
    {
        ulong position = _done;
        byte* at = _data + (position & _mask);
        if (Atomic.LoadAcquire((ulong*)at) != (BareStamp(position, _key) | (ulong)RecordKind.Message)) // pairs with RingProducer.Close
        {
            return TryTakeOther(out record);
        }
        ulong lengthAndType = *(ulong*)(at + LengthOffset);
        uint length = (uint)lengthAndType;
        CheckLength(length);
        record = new Record(at + HeaderSize, lengthAndType, position);
        HandOut(position + Extent(length));
        return true;
    }

    /// <summary>
    /// Hands out messages one by one until one is not there, or is not a plain one, or the limit is reached, or room was given back:
    /// then look for who waits for it. If the handler throws, the message is not done with under at-least-once.
    /// </summary>
    // Not inlined: within the caller's try its locals would live in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal int Run<THandler>(ref THandler handler, int limit, out bool gaveBack) where THandler : struct, IRecordHandler, allows ref struct
    {
        byte* data = _data;
        ulong mask = _mask;
        ulong key = _key;
        ulong position = _done;
        int count = 0;
        while (count < limit)
        {
            byte* at = data + (position & mask);
            if (Atomic.LoadAcquire((ulong*)at) != (BareStamp(position, key) | (ulong)RecordKind.Message)) // pairs with RingProducer.Close
            {
                break;
            }
            ulong lengthAndType = *(ulong*)(at + LengthOffset);
            uint length = (uint)lengthAndType;
            CheckLength(length);
            ulong next = position + Extent(length);
            if (_atMostOnce)
            {
                _done = _taken = next;
                Atomic.StoreRelease(_resume, next); // pairs with RingRoom.Needed: resume
            }
            bool goesOn = handler.OnRecord(new Record(at + HeaderSize, lengthAndType, position));
            count++;
            position = next;
            _done = _taken = next;
            Atomic.StoreRelease(_resume, next); // pairs with RingRoom.Needed: resume
            if (next - _gate >= _gateStep)
            {
                _messages += (uint)count;
                gaveBack = PublishGate();
                return count;
            }
            if (!goesOn)
            {
                break;
            }
        }
        _messages += (uint)count;
        gaveBack = false;
        return count;
    }

    /// <summary>Whether something is stamped at the position: a cheap look for waiting, which reads one cache line only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool IsStamped()
    {
        ulong kind = Atomic.LoadAcquire((ulong*)(_data + (_taken & _mask))) ^ BareStamp(_taken, _key); // pairs with RingProducer.Close
        return kind - 1 < KindMask;
    }

    /// <summary>Whether a plain message is there to be taken: as cheap as <see cref="IsStamped"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool HasMessage() =>
        Atomic.LoadAcquire((ulong*)(_data + (_taken & _mask))) == (BareStamp(_taken, _key) | (ulong)RecordKind.Message); // pairs with RingProducer.Close

    /// <summary>Whether a message is there to be taken. Passes aborted claims by; nothing may be taken that is not done with.</summary>
    internal bool FindMessage()
    {
        while (true)
        {
            byte* at = _data + (_done & _mask);
            ulong kind = Atomic.LoadAcquire((ulong*)at) ^ BareStamp(_done, _key); // pairs with RingProducer.Close
            switch (kind)
            {
                case (ulong)RecordKind.Message or (ulong)RecordKind.Short or (ulong)RecordKind.Batch or (ulong)RecordKind.Extended:
                    return true;
                case (ulong)RecordKind.Aborted:
                    uint length = *(uint*)(at + LengthOffset);
                    CheckLength(length);
                    MoveTo(_done + Extent(length));
                    break;
                case 0 or > KindMask:
                    return false;
                default:
                    throw new RecordKindException(_done, (uint)kind);
            }
        }
    }

    /// <summary>The message that was taken last is done with. True when room was given back just now: look for who waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Done()
    {
        if (_inBatch != 0 && !EndsBatch())
        {
            return false;
        }
        _done = _taken;
        if (!_atMostOnce)
        {
            Atomic.StoreRelease(_resume, _taken); // pairs with RingRoom.Needed: resume
        }
        _messages++;
        return _taken - _gate >= _gateStep && PublishGate();
    }

    /// <summary>The message that was taken last was not dealt with: under at-least-once it is taken again next time.</summary>
    internal bool Refuse()
    {
        if (_atMostOnce)
        {
            return Done();
        }
        _taken = _done;
        return false;
    }

    /// <summary>Gives back all room that was read, when the ring has run dry. True when there was any.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool GiveBackRoom() => _gate != _done && PublishGate();

    /// <summary>Steps 1 and 2 of a hole: what stands between here and the tail.</summary>
    internal readonly RingHole Inspect()
    {
        ulong tail = Atomic.LoadAcquire(_memory.Tail); // pairs with RingProducer.Claim: tail
        ulong distance = tail - _done;
        if (distance > _memory.Capacity || distance % Alignment != 0)
        {
            throw new RingCorruptException(_done, $"the tail, {tail}, must be a multiple of {Alignment} and within {_memory.Capacity} bytes above");
        }
        ulong nearest = tail;
        ulong claimants = 0;
        for (int i = 0; i < _memory.Geometry.PublisherSlots && distance != 0; i++)
        {
            ulong intent = Atomic.LoadAcquire(_memory.Publisher(i).Intent); // pairs with RingProducer.Claim: intent
            if (intent == _done)
            {
                claimants |= 1UL << i;
            }
            else if (intent - _done < nearest - _done && intent % Alignment == 0)
            {
                nearest = intent;
            }
        }
        return new RingHole(tail, nearest, claimants);
    }

    /// <summary>Steps 3 to 5: all owners that could have claimed here are dead. False when the record is there after all.</summary>
    internal bool Skip(in RingHole hole)
    {
        if (IsStamped())
        {
            return false;
        }
        ulong end = hole.NearestIntent;
        // By distance: positions that somebody made up may be so great that the next one wraps.
        for (ulong distance = Alignment; distance < end - _done; distance += Alignment)
        {
            ulong position = _done + distance;
            ulong kind = Atomic.LoadAcquire((ulong*)(_data + (position & _mask))) ^ BareStamp(position, _key); // pairs with RingProducer.Close
            if (kind - 1 < KindMask)
            {
                end = position;
            }
        }
        Atomic.StoreRelease(_slot.LostBytes, Atomic.LoadAcquire(_slot.LostBytes) + (end - _done));
        Atomic.StoreRelease(_slot.Losses, Atomic.LoadAcquire(_slot.Losses) + 1);
        MoveTo(end);
        return true;
    }

    /// <summary>Leaves in good order: brings the cursors to where the successor finds them.</summary>
    internal void Leave()
    {
        _taken = _done;
        PublishGate();
    }

    private bool TryTakeOther(out Record record)
    {
        record = default;
        if (!FindMessage())
        {
            return false;
        }
        byte* at = _data + (_done & _mask);
        switch (Atomic.LoadAcquire((ulong*)at) ^ BareStamp(_done, _key)) // pairs with RingProducer.Close
        {
            case (ulong)RecordKind.Message:
                return TryTake(out record);
            case (ulong)RecordKind.Short:
                record = TakeShort(at);
                return true;
            case (ulong)RecordKind.Batch:
                record = TakeOfBatch(at);
                return true;
            case (ulong)RecordKind.Extended:
                record = TakeExtended(at);
                return true;
            default:
                // It was there a moment ago.
                throw new RingCorruptException(_done, "a stamp was written over");
        }
    }

    private Record TakeShort(byte* at)
    {
        ulong lengthAndType = *(ulong*)(at + LengthOffset);
        uint claimed = (uint)lengthAndType;
        CheckLength(claimed);
        ulong length = *(ulong*)(at + Extent(claimed) - TrueLengthSize);
        if (length >= claimed)
        {
            throw new RingCorruptException(_done, $"a short record says length {length} within {claimed} claimed bytes");
        }
        HandOut(_done + Extent(claimed));
        return new Record(at + HeaderSize, LengthAndType((uint)length, (uint)(lengthAndType >> 32)), _done);
    }

    private Record TakeExtended(byte* at)
    {
        ulong lengthAndType = *(ulong*)(at + LengthOffset);
        uint claimed = (uint)lengthAndType;
        CheckLength(claimed);
        ExtrasBlock extras = ExtrasBlock.Read(at + HeaderSize, claimed, _done, out uint length);
        HandOut(_done + Extent(claimed));
        return new Record(at + HeaderSize + extras.Size, LengthAndType(length, (uint)(lengthAndType >> 32)), _done, extras);
    }

    /// <summary>The next message of the batch at this position.</summary>
    private Record TakeOfBatch(byte* at)
    {
        // Not merely 0: other records may have been written over a batch that was begun.
        if (_inBatch <= _done)
        {
            EnterBatch(*(uint*)(at + LengthOffset));
        }
        ulong position = _inBatch;
        ulong next = NextOfBatch(position, out uint length, out uint type);
        if (next == _batchEnd)
        {
            HandOut(_done + Extent((uint)(_batchEnd - _done) - HeaderSize));
        }
        else
        {
            _taken = next;
            if (_atMostOnce)
            {
                Atomic.StoreRelease(_slot.Within, next); // read by this one's successor, after the lock
            }
        }
        return new Record(_data + (position & _mask) + BatchHeaderSize, LengthAndType(length, type), position);
    }

    /// <summary>Begins with the first message of a batch, or where the slot's last owner stopped.</summary>
    private void EnterBatch(uint length)
    {
        CheckLength(length);
        if (length == 0 || length % BatchAlignment != 0)
        {
            throw new RingCorruptException(_done, $"a batch says length {length}; expected a multiple of {BatchAlignment}, not 0");
        }
        ulong first = _done + HeaderSize;
        ulong within = Atomic.LoadAcquire(_slot.Within);
        _batchEnd = first + length;
        _inBatch = first;
        // One step after the other: what another wrote there may name a place between two messages.
        while (within - first < length && _inBatch < within)
        {
            _inBatch = NextOfBatch(_inBatch, out _, out _);
        }
        if (_inBatch != within)
        {
            _inBatch = first;
        }
    }

    private readonly ulong NextOfBatch(ulong position, out uint length, out uint type)
    {
        ulong lengthAndType = *(ulong*)(_data + (position & _mask));
        length = (uint)lengthAndType;
        type = (uint)(lengthAndType >> 32);
        if (length > _batchEnd - position - BatchHeaderSize)
        {
            throw new RingCorruptException(position, $"a message says length {length}; its batch ends {_batchEnd - position - BatchHeaderSize} bytes on");
        }
        return position + BatchExtent(length);
    }

    /// <summary>The message of a batch that was taken last is done with. True when it was the last of the batch.</summary>
    private bool EndsBatch()
    {
        // Not beyond the message before: a record was written over the batch, and would be handed out again and again.
        if (_taken >= _batchEnd || _taken <= _inBatch)
        {
            _inBatch = 0;
            return true;
        }
        _inBatch = _taken;
        _taken = _done;
        if (!_atMostOnce)
        {
            Atomic.StoreRelease(_slot.Within, _inBatch); // read by this one's successor, after the lock
        }
        _messages++;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void HandOut(ulong end)
    {
        _taken = end;
        if (_atMostOnce)
        {
            Atomic.StoreRelease(_resume, end); // pairs with RingRoom.Needed: resume
        }
    }

    /// <summary>
    /// Passes by what is not a message, as far as publishers may have gone: whoever made up record after record would otherwise
    /// keep this one at it for ever.
    /// </summary>
    private void MoveTo(ulong position)
    {
        if (position - _gate > _memory.Capacity)
        {
            throw new RingCorruptException(_done, $"what begins there ends at {position}, more than {_memory.Capacity} bytes above the gate, {_gate}");
        }
        _done = _taken = position;
        Atomic.StoreRelease(_resume, position); // pairs with RingRoom.Needed: resume
    }

    private bool PublishGate()
    {
        _gate = _done;
        Atomic.StoreRelease(_slot.Gate, _done); // pairs with RingRoom.Needed: gate
        Atomic.StoreRelease(_slot.Messages, _messages);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void CheckLength(uint length)
    {
        if (length > _maxLength)
        {
            ThrowLength(length);
        }
    }

    private readonly void ThrowLength(uint length) =>
        throw new RingCorruptException(_done, $"a record says length {length}; at most {_maxLength} is possible");
}

/// <summary>Deals with records; a struct, so that the loop is made for it.</summary>
internal interface IRecordHandler
{
    /// <summary>Deals with one record; false when it was the last to be handed out.</summary>
    bool OnRecord(in Record record);
}

/// <summary>A message in the ring: where its payload stands.</summary>
// Four fields of one word: with more the compiler keeps it in memory.
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly unsafe struct Record(byte* payload, ulong lengthAndType, ulong position, ExtrasBlock extras = default)
{
    internal readonly byte* Payload = payload;
    internal readonly ulong LengthAndType = lengthAndType;
    internal readonly ulong Position = position;
    internal readonly ExtrasBlock Extras = extras;

    internal int Length => (int)LengthAndType;

    internal uint Type => (uint)(LengthAndType >> 32);
}

/// <summary>What a consumer saw behind a position without a stamp.</summary>
/// <param name="Tail">The tail, read first. The position itself: nothing is there.</param>
/// <param name="NearestIntent">The least intent beyond the position and below the tail, or the tail.</param>
/// <param name="Claimants">A bit for each publisher slot that may have the claim at the position.</param>
internal readonly record struct RingHole(ulong Tail, ulong NearestIntent, ulong Claimants);
