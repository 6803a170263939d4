using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

// A batch: one record, whose messages are handed out one by one.
internal unsafe partial struct RingConsumer
{
    /// <summary>The next message of the batch at this position.</summary>
    private Record TakeOfBatch()
    {
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
        return new Record(PlaceInBatch(position) + BatchHeaderSize, LengthAndType(length, type), position);
    }

    /// <summary>Begins with the first message of a batch, or where the slot's last owner stopped.</summary>
    private void EnterBatch(uint length, byte* payload)
    {
        if (length == 0 || length % BatchAlignment != 0)
        {
            throw new RingCorruptException(_done, $"a batch says length {length}; expected a multiple of {BatchAlignment}, not 0");
        }
        ulong first = _done + HeaderSize;
        ulong within = Atomic.LoadAcquire(_slot.Within); // pairs with the stores of this one's predecessor, before it left the lock
        _batch = payload;
        _batchEnd = first + length;
        ulong position = first;
        // One step after the other: what another wrote there may name a place between two messages.
        while (within - first < length && position < within)
        {
            position = NextOfBatch(position, out _, out _);
        }
        _inBatch = position == within ? within : first;
    }

    /// <summary>Finds what stands in the batch by the batch's own place, as all that stands in a record: see <see cref="RingMemory"/>.</summary>
    private readonly ulong NextOfBatch(ulong position, out uint length, out uint type)
    {
        ulong lengthAndType = *(ulong*)PlaceInBatch(position);
        length = (uint)lengthAndType;
        type = (uint)(lengthAndType >> 32);
        if (length > _batchEnd - position - BatchHeaderSize)
        {
            throw new RingCorruptException(position, $"a message says length {length}; its batch ends {_batchEnd - position - BatchHeaderSize} bytes on");
        }
        return position + BatchExtent(length);
    }

    private readonly byte* PlaceInBatch(ulong position) => _batch + (position - _done - HeaderSize);

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
        if (!_atMostOnce && _receipts is null)
        {
            Atomic.StoreRelease(_slot.Within, _inBatch); // read by this one's successor, after the lock
        }
        _messages++;
        return false;
    }
}
