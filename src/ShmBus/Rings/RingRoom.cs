using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

/// <summary>
/// How far publishers may go: to the capacity beyond the least position that a subscriber still needs.
/// </summary>
/// <remarks>
/// <c>sharedGate</c> tells a subscriber that joins where it may begin: it is the greatest of the gates that publishers have acted
/// on. A publisher raises it, fences, and reads the slots again before it acts; a subscriber that joins says so (JOINING), fences, and
/// begins at <c>sharedGate</c> or above. One of the two sees the other, so nobody joins below what a publisher already
/// overwrites. As long as somebody is joining a broadcast, where it begins is not known, and there is no room; that takes
/// microseconds. It may begin below what is shared by then: what a subscriber needs, only its own slot tells.
/// <para>Where several publish into a broadcast, a claim that is open bounds them as well: nobody need be waiting behind it, and whoever
/// came round to it would write over it, and its owner over them. The owner of a claim below a tail wrote its intent before the
/// tail moved beyond, so whoever has read that tail sees the intent, or a later one, which comes only after the stamp.</para>
/// </remarks>
internal static unsafe class RingRoom
{
    /// <summary>What a subscriber that does not count needs.</summary>
    private const ulong Nothing = ulong.MaxValue;

    /// <summary>The least position still needed, made known to others; what a publisher may act on.</summary>
    internal static ulong Refresh(in RingMemory memory, ulong tail, in DeadPeers dead)
    {
        ulong least = LeastGate(memory, tail, dead);
        Atomic.Raise(memory.SharedGate, least);
        Atomic.FullFence(); // pairs with RingConsumer's: JOINING, fence, sharedGate
        return Math.Min(least, LeastGate(memory, tail, dead));
    }

    /// <summary>The least position that a subscriber still needs.</summary>
    /// <exception cref="RingCorruptException">A cursor is further from the tail than the ring is long.</exception>
    internal static ulong LeastGate(in RingMemory memory, ulong tail, in DeadPeers dead)
    {
        ulong shared = Atomic.LoadAcquire(memory.SharedGate);
        // Where nobody counts, nothing is needed that was published.
        ulong least = memory.Rules.IsBroadcast ? OldestClaim(memory, tail, dead.Publishers) : Nothing;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            ulong needed = Needed(memory, memory.Subscriber(i), isDead: (dead.Subscribers >> i & 1) != 0);
            if (needed == Nothing)
            {
                continue;
            }
            // Below what is shared may stand one that joined meanwhile, and the gate of one that died after it had read further.
            ulong known = Math.Max(shared, needed);
            if (tail - known > memory.Capacity && !IsNewerThan(known, tail, memory))
            {
                throw new RingCorruptException(tail, $"subscriber slot {i} needs position {known}, which is not within {memory.Capacity} bytes below the tail");
            }
            least = Math.Min(least, needed);
        }
        // With a new owner since it was asked, one that counted as dead may be alive.
        return dead.IsNone || Generations(memory) == dead.Generations ? least : LeastGate(memory, tail, default);
    }

    /// <summary>How many owners all slots that bound publishers have had together: to be read before it is asked who is dead.</summary>
    internal static ulong Generations(in RingMemory memory)
    {
        ulong generations = 0;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            generations += Atomic.LoadAcquire(memory.Subscriber(i).Generation); // pairs with RingConsumer's: generation, then the cursors
        }
        for (int i = 0; memory.AreClaimsBounds && i < memory.Geometry.PublisherSlots; i++)
        {
            generations += Atomic.LoadAcquire(memory.Publisher(i).Generation); // pairs with SlotOwner's: generation, then the intent
        }
        return generations;
    }

    /// <summary>
    /// Evicts the subscribers that need something below a position: publishers wait for them no longer. True when there was one.
    /// One that is joining is waited for: it has not been able to read yet. If it died so, it is a place like any other that is kept.
    /// </summary>
    internal static bool Evict(in RingMemory memory, ulong needed, in DeadPeers dead)
    {
        bool any = false;
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            RingSlot slot = memory.Subscriber(i);
            ulong seen = Atomic.LoadAcquire(slot.StateAndGeneration); // pairs with RingConsumer's: generation and state
            SlotState state = (SlotState)(uint)seen;
            // With no new owner since it was asked, what was seen is the dead one's.
            bool isDead = (dead.Subscribers >> i & 1) != 0 && Generations(memory) == dead.Generations;
            bool isPlace = (state == SlotState.Free || isDead) && Atomic.LoadAcquire(slot.IsKept) != 0; // pairs with SlotOwner.Keep
            if (state == SlotState.Evicted || (state != SlotState.Active && !isPlace))
            {
                continue;
            }
            // By state and generation at once: not another owner, who took the slot meanwhile.
            if (Atomic.LoadAcquire(isPlace ? slot.Resume : slot.Gate) < needed &&
                Atomic.CompareExchange(slot.StateAndGeneration, seen, (seen & ~(ulong)uint.MaxValue) | (uint)SlotState.Evicted)) // pairs with RingConsumer.IsIntact
            {
                any = true;
            }
        }
        return any;
    }

    /// <summary>The oldest claim below a tail that its owner has open, dead ones aside; the tail if there is none.</summary>
    internal static ulong OldestClaim(in RingMemory memory, ulong tail, ulong dead)
    {
        ulong oldest = tail;
        for (int i = 0; memory.AreClaimsBounds && i < memory.Geometry.PublisherSlots; i++)
        {
            ulong intent = Atomic.LoadAcquire(memory.Publisher(i).Intent); // pairs with RingProducer.TryClaim: intent, then tail
            // One that lies more than the capacity below is from an earlier lap, and was closed: or publishers would not be here.
            if (intent != 0 && intent < oldest && tail - intent <= memory.Capacity && intent % Alignment == 0 && (dead >> i & 1) == 0 && !memory.IsStamped(intent))
            {
                oldest = intent;
            }
        }
        return oldest;
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
        uint generation = Atomic.LoadAcquire(slot.Generation); // pairs with RingConsumer's: generation, then the cursors
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
        // The gate of one that is joining is still that of the slot's last owner. In a broadcast that may be above where this one begins.
        return isBroadcast && state == SlotState.Joining ? 0 : Atomic.LoadAcquire(slot.Gate); // pairs with RingConsumer.PublishGate
    }
}

/// <summary>Those that hold back room and were found dead.</summary>
/// <param name="Subscribers">A bit for each.</param>
/// <param name="Publishers">Of a broadcast with several, likewise.</param>
/// <param name="Generations"><see cref="RingRoom.Generations"/> from before that was asked.</param>
internal readonly record struct DeadPeers(ulong Subscribers, ulong Publishers, ulong Generations)
{
    internal bool IsNone => (Subscribers | Publishers) == 0;
}
