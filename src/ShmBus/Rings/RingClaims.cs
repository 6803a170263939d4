using static ShmBus.Rings.RecordDescriptor;

namespace ShmBus.Rings;

/// <summary>The claims of a ring that are open, seen from outside: by loads alone, each of which is checked, so whatever stands there it ends and reads nowhere else.</summary>
internal static unsafe class RingClaims
{
    /// <summary>The position of the claim that a publisher has open below the tail, where somebody waits behind it or will; or null.</summary>
    /// <remarks>
    /// The owner writes its intent before the tail moves beyond, and the stamp closes the claim. So an intent below the tail without its stamp is open,
    /// unless its owner died and all who read have passed it by, or it was given up since: then the intent is no longer the same.
    /// </remarks>
    internal static ulong? Find(in RingMemory memory, int publisher, bool isAlive)
    {
        ulong* field = memory.Publisher(publisher).Intent;
        ulong intent = Atomic.LoadAcquire(field); // pairs with RingProducer.TryClaim: intent
        if (!IsPosition(intent, memory.Capacity))
        {
            return null;
        }
        ulong tail = Atomic.LoadAcquire(memory.Tail); // pairs with RingProducer.TryClaim: tail
        bool isOpen = tail > intent && tail - intent <= memory.Capacity && !memory.IsStamped(intent) && Atomic.LoadAcquire(field) == intent;
        return isOpen && (isAlive || IsAhead(memory, intent)) ? intent : null;
    }

    /// <summary>Whether somebody who reads, or is yet to come, has not got beyond a position.</summary>
    private static bool IsAhead(in RingMemory memory, ulong position)
    {
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            RingSlot slot = memory.Subscriber(i);
            bool counts = !memory.Rules.IsBroadcast
                || (SlotState)Atomic.LoadAcquire(slot.State) == SlotState.Active
                || Atomic.LoadAcquire(slot.IsKept) != 0;
            if (counts && Atomic.LoadAcquire(slot.Resume) <= position)
            {
                return true;
            }
        }
        return false;
    }
}
