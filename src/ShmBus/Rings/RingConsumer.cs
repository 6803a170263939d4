using System.Runtime.CompilerServices;
using System.Security.Cryptography;
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
/// plain store to a line that nobody reads. <c>gate</c> follows every eighth of the ring and when the ring runs dry. Where the user
/// acknowledges by receipts, both follow those instead.</para>
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
/// <para>Where a message can vanish under its reader (<see cref="RingRules.AreLossy"/>), it is copied and then believed, if it
/// stood there to the end. A ring that overwrites: whoever writes over the record at p moved the tail beyond p + capacity before
/// that, so a tail that is not there, read after the copy, proves it. A ring that evicts: publishers go on when they have
/// made the slot's state EVICTED, so ACTIVE, read after the copy, proves it.</para>
/// <para>Where peers are not trusted, a message is copied as well, before anything of it is checked: what is checked and handed out is
/// the copy, and nobody can change that.</para>
/// </remarks>
internal unsafe partial struct RingConsumer
{
    /// <summary>How often a reader is passed within one call before it says that it found nothing: not for ever, whatever the tail says.</summary>
    private const int MostPassed = 16;

    private readonly RingMemory _memory;
    private readonly RingSlot _slot;
    private readonly byte* _data;
    private readonly ulong* _resume;
    private readonly ulong _mask;
    private readonly ulong _key;
    private readonly ulong _plain;
    private readonly ulong _gateStep;
    private readonly uint _maxLength;
    private readonly bool _atMostOnce;
    private readonly bool _isLossy;
    private readonly bool _copies;
    private ulong _done;
    private ulong _taken;
    private ulong _gate;
    private ulong _messages;
    private ulong _inBatch; // the next message of the batch at _done; 0: not in a batch
    private ulong _batchEnd;
    private byte* _batch;   // its payload
    private byte[] _copy = [];
    private ulong _missedFrom;
    private ulong _missedEnd; // 0: nothing
    private readonly Receipts? _receipts; // null: what is done with is acknowledged

    /// <summary>Goes on where the slot's last owner was, or begins. The caller holds the slot.</summary>
    /// <param name="memory">The ring.</param>
    /// <param name="slot">The slot's index.</param>
    /// <param name="atMostOnce">When a message counts as delivered: before it is handed out.</param>
    /// <param name="start">Where.</param>
    /// <param name="copies">Peers are not trusted: messages are taken by copies. Where they can vanish, they are in any case.</param>
    /// <param name="explicitly">A message counts as delivered when <see cref="TryAcknowledge"/> says so. Not with at most once, nor where messages are overwritten.</param>
    /// <exception cref="RingCorruptException">The stored place does not fit the tail.</exception>
    internal RingConsumer(in RingMemory memory, int slot, bool atMostOnce, RingStart start = RingStart.Resume, bool copies = false, bool explicitly = false)
    {
        _memory = memory;
        _slot = memory.Subscriber(slot);
        _data = memory.Data;
        _resume = _slot.Resume;
        _mask = memory.Capacity - 1;
        _key = memory.Key;
        _isLossy = memory.Rules.AreLossy;
        _copies = _isLossy || copies;
        // What is copied is never taken where it stands: nobody knows what to write for that, by mistake or on purpose.
        _plain = _copies ? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) : BareStamp(0, _key) | (ulong)RecordKind.Message;
        _gateStep = memory.Capacity / 8;
        _maxLength = (uint)MaxLength(memory.Geometry.Capacity);
        _atMostOnce = atMostOnce;
        // At once: who saw the last owner's state must not take it for this one's, and evict this one for what that one lagged.
        ulong generation = *_slot.Generation + 1;
        Atomic.StoreRelease(_slot.StateAndGeneration, generation << 32 | (uint)SlotState.Joining); // pairs with RingRoom: generation, state
        Atomic.FullFence(); // pairs with RingRoom.Refresh: sharedGate, fence, slots
        ulong resume = Atomic.LoadAcquire(_resume);
        ulong shared = Atomic.LoadAcquire(memory.SharedGate);
        ulong tail = Atomic.LoadAcquire(memory.Tail);
        ulong position = start switch
        {
            RingStart.End => tail,
            RingStart.Oldest => shared,
            // In a broadcast what is shared may be above a place that is kept, unless publishers evict: then they have gone on without it.
            _ => memory.Rules.IsBroadcast && memory.Rules.EvictionLag == 0 ? resume : Math.Max(resume, shared),
        };
        if (!IsPosition(position, memory.Capacity) || !IsPosition(tail, memory.Capacity) || tail < position ||
            (tail - position > memory.Capacity && !memory.Rules.Overwrites))
        {
            throw new RingCorruptException(position, $"the stored place must be a multiple of {Alignment} from {memory.Capacity} on, and within {memory.Capacity} bytes below the tail, {tail}");
        }
        _done = _taken = _gate = position;
        bool isGivenUp = start == RingStart.Resume && resume < position;
        // At the very oldest it would be passed, or evicted, before it has read anything.
        ulong farthest = memory.Rules.Overwrites ? memory.Capacity : memory.Rules.EvictionLag / 2;
        if (_isLossy && (isGivenUp || start == RingStart.Oldest) && tail - position > farthest)
        {
            _done = _taken = _gate = FirstIntact(tail);
        }
        if (isGivenUp && IsPosition(resume, memory.Capacity))
        {
            Miss(resume, _done);
        }
        if (start != RingStart.Resume)
        {
            // It may lie in a batch that this one reads from the beginning.
            Atomic.StoreRelease(_slot.Within, 0);
        }
        Atomic.StoreRelease(_resume, _done);
        Atomic.StoreRelease(_slot.Gate, _done);
        Atomic.StoreRelease(_slot.State, (uint)SlotState.Active);
        if (explicitly)
        {
            _receipts = new Receipts(_done);
            _resume = _receipts.Unread;
        }
    }

    /// <summary>The bytes that were overwritten, or given up for it, before this one read them.</summary>
    internal ulong MissedBytes { get; private set; }

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
        if (Atomic.LoadAcquire((ulong*)at) != (position ^ _plain)) // pairs with RingProducer.Close
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
        ulong plain = _plain;
        ulong position = _done;
        int count = 0;
        while (count < limit)
        {
            byte* at = data + (position & mask);
            if (Atomic.LoadAcquire((ulong*)at) != (position ^ plain)) // pairs with RingProducer.Close
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
    internal readonly bool IsStamped() => IsStamped(_taken);

    /// <summary>Whether a plain message is there to be taken: as cheap as <see cref="IsStamped()"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool HasMessage() =>
        Atomic.LoadAcquire((ulong*)(_data + (_taken & _mask))) == (_taken ^ _plain); // pairs with RingProducer.Close

    /// <summary>Whether a message is there to be taken. Passes aborted claims by; nothing may be taken that is not done with.</summary>
    /// <exception cref="SubscriberEvictedException">Publishers wait for this one no longer.</exception>
    internal bool FindMessage()
    {
        if (_inBatch > _done)
        {
            return true;
        }
        // Whoever makes up record after record does not keep this one at it for ever.
        ulong end = _done + _memory.Capacity;
        int passed = 0;
        while (true)
        {
            byte* at = _data + (_done & _mask);
            ulong kind = Atomic.LoadAcquire((ulong*)at) ^ BareStamp(_done, _key); // pairs with RingProducer.Close
            uint length = *(uint*)(at + LengthOffset);
            if (_isLossy && !IsStillThere())
            {
                if (++passed == MostPassed)
                {
                    return false;
                }
                end = _done + _memory.Capacity;
                continue;
            }
            switch (kind)
            {
                case (ulong)RecordKind.Message or (ulong)RecordKind.Short or (ulong)RecordKind.Batch or (ulong)RecordKind.Extended:
                    return true;
                case (ulong)RecordKind.Aborted when _done < end || !_isLossy:
                    CheckLength(length);
                    MoveTo(_done + Extent(length));
                    break;
                case 0 or > KindMask or (ulong)RecordKind.Aborted:
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

    /// <summary>Leaves in good order: brings the cursors to where the successor finds them.</summary>
    internal void Leave()
    {
        _taken = _done;
        PublishGate();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool IsStamped(ulong position) =>
        IsStampOf(position, _key, Atomic.LoadAcquire((ulong*)(_data + (position & _mask)))); // pairs with RingProducer.Close

    private bool TryTakeOther(out Record record)
    {
        record = default;
        // Not merely unlike 0: other records may have been written over a batch that was begun.
        if (_inBatch > _done)
        {
            record = TakeOfBatch();
            return true;
        }
        if (_copies)
        {
            return TryTakeCopy(out record);
        }
        if (!FindMessage())
        {
            return false;
        }
        byte* at = _data + (_done & _mask);
        ulong kind = Atomic.LoadAcquire((ulong*)at) ^ BareStamp(_done, _key); // pairs with RingProducer.Close
        record = Take(kind, *(ulong*)(at + LengthOffset), at + HeaderSize);
        return true;
    }

    /// <summary>Takes what is stamped at this position, by the header as it was read once and the payload, or a copy of it.</summary>
    private Record Take(ulong kind, ulong lengthAndType, byte* payload)
    {
        uint claimed = (uint)lengthAndType;
        CheckLength(claimed);
        switch (kind)
        {
            case (ulong)RecordKind.Batch:
                EnterBatch(claimed, payload);
                return TakeOfBatch();
            case (ulong)RecordKind.Short:
                ulong length = *(ulong*)(payload + (Extent(claimed) - HeaderSize - TrueLengthSize));
                if (length >= claimed)
                {
                    throw new RingCorruptException(_done, $"a short record says length {length} within {claimed} claimed bytes");
                }
                HandOut(_done + Extent(claimed));
                return new Record(payload, LengthAndType((uint)length, (uint)(lengthAndType >> 32)), _done);
            case (ulong)RecordKind.Extended:
                ExtrasBlock extras = ExtrasBlock.Read(payload, claimed, _done, out uint trueLength);
                HandOut(_done + Extent(claimed));
                return new Record(payload + extras.Size, LengthAndType(trueLength, (uint)(lengthAndType >> 32)), _done, extras);
            case (ulong)RecordKind.Message:
                HandOut(_done + Extent(claimed));
                return new Record(payload, lengthAndType, _done);
            default:
                // It was there a moment ago.
                throw new RingCorruptException(_done, "a stamp was written over");
        }
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
        if (_memory.Rules.Overwrites)
        {
            PublishGate();
        }
        ulong gate = _receipts is null ? _gate : _receipts.Published;
        if (position - gate > _memory.Capacity)
        {
            throw new RingCorruptException(_done, $"what begins there ends at {position}, more than {_memory.Capacity} bytes above the gate, {gate}");
        }
        if (_receipts is not null)
        {
            PassBy(_receipts, position);
        }
        _done = _taken = position;
        Atomic.StoreRelease(_resume, position); // pairs with RingRoom.Needed: resume
    }

    private bool PublishGate()
    {
        if (_receipts is not null)
        {
            return PublishAcknowledged(_receipts);
        }
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
