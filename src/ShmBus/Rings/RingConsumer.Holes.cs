using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

// What to do where no stamp stands below the tail: a claim is open there, or its owner died. The steps are those of the remarks.
internal unsafe partial struct RingConsumer
{
    /// <summary>Steps 1 and 2 of a hole: what stands between here and the tail.</summary>
    internal readonly RingHole Inspect()
    {
        ulong tail = Atomic.LoadAcquire(_memory.Tail); // pairs with RingProducer.TryClaim: tail
        ulong distance = tail - _done;
        bool isBeyond = distance > _memory.Capacity;
        if (distance % Alignment != 0 || (isBeyond && !IsPassed()))
        {
            throw new RingCorruptException(_done, $"the tail, {tail}, must be a multiple of {Alignment} and within {_memory.Capacity} bytes above");
        }
        if (isBeyond)
        {
            return new RingHole(tail, tail, 0) { IsPassed = true };
        }
        ulong nearest = tail;
        ulong claimants = 0;
        for (int i = 0; i < _memory.Geometry.PublisherSlots && distance != 0; i++)
        {
            ulong intent = Atomic.LoadAcquire(_memory.Publisher(i).Intent); // pairs with RingProducer.TryClaim: intent
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

    /// <summary>
    /// Steps 3 to 5: all owners that could have claimed here are dead. False when the record is there after all, or what was seen
    /// is no longer so.
    /// </summary>
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
            if (IsStamped(_done + distance))
            {
                end = _done + distance;
            }
        }
        if (IsPassed())
        {
            // Stamps that were not found may have been written over.
            return false;
        }
        Atomic.StoreRelease(_slot.LostBytes, Atomic.LoadAcquire(_slot.LostBytes) + (end - _done));
        Atomic.StoreRelease(_slot.Losses, Atomic.LoadAcquire(_slot.Losses) + 1);
        MoveTo(end);
        return true;
    }
}
