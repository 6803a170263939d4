namespace ShmBus.Rings;

/// <summary>
/// How far publishers may go: to the capacity beyond the least position that a subscriber still needs.
/// </summary>
/// <remarks>
/// <c>sharedGate</c> is the least gate that any publisher has acted on, and only grows. A publisher raises it, fences, and reads
/// the slots again before it uses it; a subscriber that joins says so (JOINING), fences, and begins at <c>sharedGate</c> or
/// above. One of the two sees the other, so nobody joins below what a publisher already overwrites.
/// </remarks>
internal static unsafe class RingRoom
{
    /// <summary>The least position still needed, made known to others; what a publisher may act on.</summary>
    internal static ulong Refresh(in RingMemory memory, ulong tail, in DeadSubscribers dead)
    {
        ulong shared = Atomic.LoadAcquire(memory.SharedGate);
        ulong least = LeastGate(memory, tail, dead, shared);
        Atomic.Raise(memory.SharedGate, least);
        Atomic.FullFence(); // pairs with RingConsumer's: JOINING, fence, sharedGate
        // By what was shared before it was raised: one that joined meanwhile began there or above.
        return Math.Min(least, LeastGate(memory, tail, dead, shared));
    }

    /// <summary>The least position that a subscriber still needs.</summary>
    /// <exception cref="RingCorruptException">A cursor is further from the tail than the ring is long.</exception>
    internal static ulong LeastGate(in RingMemory memory, ulong tail, in DeadSubscribers dead) =>
        LeastGate(memory, tail, dead, Atomic.LoadAcquire(memory.SharedGate));

    /// <summary>How many owners all subscriber slots together have had: to be read before it is asked who is dead.</summary>
    internal static ulong Generations(in RingMemory memory)
    {
        ulong generations = 0;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            generations += Atomic.LoadAcquire(memory.Subscriber(i).Generation); // pairs with SlotOwner's: generation, then the cursors
        }
        return generations;
    }

    private static ulong LeastGate(in RingMemory memory, ulong tail, in DeadSubscribers dead, ulong shared)
    {
        ulong least = ulong.MaxValue;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            // A slot may stand below what is shared: its dead owner's gate, when publishers went by where a successor will go on.
            ulong needed = Math.Max(shared, Needed(memory.Subscriber(i), isDead: (dead.Slots >> i & 1) != 0));
            if (tail - needed > memory.Capacity && !IsNewerThan(needed, tail, memory))
            {
                throw new RingCorruptException(tail, $"subscriber slot {i} needs position {needed}, which is not within {memory.Capacity} bytes below the tail");
            }
            least = Math.Min(least, needed);
        }
        // With a new owner since it was asked, one that counted as dead may be alive.
        return dead.Slots == 0 || Generations(memory) == dead.Generations ? least : LeastGate(memory, tail, default, shared);
    }

    /// <summary>
    /// Whether a cursor stands beyond the tail that was read before it because other publishers and the subscriber have gone on
    /// since: then the tail, read after the cursor, is not below it.
    /// </summary>
    private static bool IsNewerThan(ulong cursor, ulong tail, in RingMemory memory) =>
        memory.Geometry.PublisherSlots > 1 && cursor > tail && Atomic.LoadAcquire(memory.Tail) >= cursor; // pairs with RingProducer.TryClaim: tail

    /// <summary>
    /// What one subscriber of a queue needs: above its gate while it works, above where its successor will go on when it has
    /// left or died. The second is the greater one, but under at-most-once a live owner still reads below it; so it counts
    /// only if no new owner came meanwhile, and an owner counts up <c>generation</c> before it moves anything.
    /// </summary>
    private static ulong Needed(RingSlot slot, bool isDead)
    {
        uint generation = Atomic.LoadAcquire(slot.Generation); // pairs with SlotOwner's: generation, then the cursors
        if (isDead || Atomic.LoadAcquire(slot.State) == (uint)SlotState.Free)
        {
            ulong resume = Atomic.LoadAcquire(slot.Resume); // pairs with RingConsumer's: resume
            if (Atomic.LoadAcquire(slot.Generation) == generation)
            {
                return resume;
            }
        }
        return Atomic.LoadAcquire(slot.Gate); // pairs with RingConsumer.PublishGate
    }
}

/// <summary>Subscribers that hold back room and were found dead.</summary>
/// <param name="Slots">A bit for each.</param>
/// <param name="Generations"><see cref="RingRoom.Generations"/> from before that was asked.</param>
internal readonly record struct DeadSubscribers(ulong Slots, ulong Generations);
