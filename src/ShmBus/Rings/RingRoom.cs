namespace ShmBus.Rings;

/// <summary>
/// How far publishers may go: to the capacity beyond the least position that a subscriber still needs.
/// </summary>
/// <remarks>
/// <c>sharedGate</c> is the least gate that any publisher has acted on, and only grows. A publisher raises it, fences, and reads
/// the slots again before it uses it; a subscriber that joins says so (JOINING), fences, and begins at <c>sharedGate</c> or
/// above. One of the two sees the other, so nobody joins below what a publisher already overwrites. For that, one that is
/// joining a broadcast counts as if it needed all that is shared; it does so for microseconds.
/// </remarks>
internal static unsafe class RingRoom
{
    /// <summary>What a subscriber that does not count needs.</summary>
    private const ulong Nothing = ulong.MaxValue;

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

    /// <summary>
    /// Evicts the subscribers that need something below a position: publishers wait for them no longer. True when there was one.
    /// One that is joining is waited for: it has not been able to read yet. If it died so, it is a place like any other that is kept.
    /// </summary>
    internal static bool Evict(in RingMemory memory, ulong needed, in DeadSubscribers dead)
    {
        ulong shared = Atomic.LoadAcquire(memory.SharedGate);
        bool any = false;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            RingSlot slot = memory.Subscriber(i);
            ulong seen = Atomic.LoadAcquire(slot.StateAndGeneration); // pairs with SlotOwner's: generation, state
            SlotState state = (SlotState)(uint)seen;
            // With no new owner since it was asked, what was seen is the dead one's.
            bool isDead = (dead.Slots >> i & 1) != 0 && Generations(memory) == dead.Generations;
            bool isPlace = (state == SlotState.Free || isDead) && Atomic.LoadAcquire(slot.IsKept) != 0; // pairs with SlotOwner.Keep
            if (state == SlotState.Evicted || (state != SlotState.Active && !isPlace))
            {
                continue;
            }
            ulong position = Atomic.LoadAcquire(isPlace ? slot.Resume : slot.Gate);
            // By state and generation at once: not another owner, who took the slot meanwhile.
            if (Math.Max(shared, position) < needed &&
                Atomic.CompareExchange(slot.StateAndGeneration, seen, (seen & ~(ulong)uint.MaxValue) | (uint)SlotState.Evicted)) // pairs with RingConsumer.IsIntact
            {
                any = true;
            }
        }
        return any;
    }

    private static ulong LeastGate(in RingMemory memory, ulong tail, in DeadSubscribers dead, ulong shared)
    {
        // Where nobody counts, nothing is needed that was published.
        ulong least = memory.Rules.IsBroadcast ? Math.Max(shared, tail) : Nothing;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            // A slot may stand below what is shared: its dead owner's gate, when publishers went by where a successor will go on.
            ulong needed = Math.Max(shared, Needed(memory, memory.Subscriber(i), isDead: (dead.Slots >> i & 1) != 0));
            if (needed == Nothing)
            {
                continue;
            }
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
    /// What one subscriber needs: above its gate while it works, above where its successor will go on when it has left or died,
    /// and nothing where it will have none: a broadcast keeps places only by name. Where a successor goes on is the greater
    /// one, but under at-most-once a live owner still reads below it; so it counts only if no new owner came meanwhile, and
    /// an owner counts up <c>generation</c> before it moves anything.
    /// </summary>
    private static ulong Needed(in RingMemory memory, RingSlot slot, bool isDead)
    {
        bool isBroadcast = memory.Rules.IsBroadcast;
        uint generation = Atomic.LoadAcquire(slot.Generation); // pairs with SlotOwner's: generation, then the cursors
        SlotState state = (SlotState)Atomic.LoadAcquire(slot.State);
        if (isBroadcast && state == SlotState.Evicted)
        {
            return Nothing;
        }
        if (isDead || state == SlotState.Free)
        {
            bool isKept = !isBroadcast || Atomic.LoadAcquire(slot.IsKept) != 0; // pairs with SlotOwner.Keep
            ulong resume = Atomic.LoadAcquire(slot.Resume); // pairs with RingConsumer's: resume
            if (Atomic.LoadAcquire(slot.Generation) == generation)
            {
                return isKept ? resume : Nothing;
            }
            state = SlotState.Joining;
        }
        // The gate of one that joins a broadcast is still that of the slot's last owner, and may be above where this one begins.
        return isBroadcast && state == SlotState.Joining ? 0 : Atomic.LoadAcquire(slot.Gate); // pairs with RingConsumer.PublishGate
    }
}

/// <summary>Subscribers that hold back room and were found dead.</summary>
/// <param name="Slots">A bit for each.</param>
/// <param name="Generations"><see cref="RingRoom.Generations"/> from before that was asked.</param>
internal readonly record struct DeadSubscribers(ulong Slots, ulong Generations);
