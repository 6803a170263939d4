using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Endpoints;

/// <summary>
/// Ownership of one slot in the endpoint table: a lock on the slot's first byte in the file, held through a description that
/// belongs to this endpoint alone. The kernel frees it when the process dies, however it dies.
/// </summary>
internal sealed unsafe class SlotOwner
{
    private readonly Region _region;
    private readonly EndpointRole _role;

    private SlotOwner(Region region, EndpointRole role, int index, bool isNewPlace)
    {
        _region = region;
        _role = role;
        Index = index;
        IsNewPlace = isNewPlace;
    }

    internal int Index { get; }

    /// <summary>Whether nobody's place is continued: that of a new subscriber in a broadcast.</summary>
    internal bool IsNewPlace { get; }

    internal RingSlot Slot => Memory.Slot(_role, Index);

    // Not kept: it is large, and asked for rarely.
    private RingMemory Memory => _region.Ring();

    /// <summary>Takes the first slot that nobody alive holds; in a broadcast the one of a name, or the first that is kept for nobody.</summary>
    /// <param name="region">The region.</param>
    /// <param name="memory">Its ring.</param>
    /// <param name="role">Publisher or subscriber.</param>
    /// <param name="name">Subscriber of a broadcast: the name of its place, if it has one.</param>
    /// <exception cref="EndpointInUseException">All are held or kept, or the name is.</exception>
    internal static SlotOwner Acquire(Region region, in RingMemory memory, EndpointRole role, PlaceName? name = null)
    {
        if (name is not null && AcquirePlace(region, memory, name) is SlotOwner kept)
        {
            return kept;
        }
        bool isBroadcast = role == EndpointRole.Subscriber && memory.Rules.IsBroadcast;
        for (int i = 0; i < memory.Slots(role); i++)
        {
            if (!(isBroadcast && IsKept(memory, i)) && TryAcquire(region, memory, role, i, isBroadcast) is SlotOwner owner)
            {
                return owner;
            }
        }
        throw new EndpointInUseException(region.Source.DisplayPath, role, Holders(region, memory, role));
    }

    /// <summary>Takes a name, and the slot that is kept under it. Null where none is: the name is taken all the same.</summary>
    /// <exception cref="EndpointInUseException">The name is held.</exception>
    internal static SlotOwner? AcquirePlace(Region region, in RingMemory memory, PlaceName name)
    {
        // Who gives up the place has its name for a moment, too.
        _ = SlotPatience.Retry((region, name), static a => a.region.Source.TryLock(a.name.LockOffset) ? a.name : null, SlotPatience.ForName)
            ?? throw new EndpointInUseException(region.Source.DisplayPath, name.Text);
        int place = FindPlace(memory, name);
        // The name is free, so the slot is, or will be in a moment: the kernel frees the locks of one that died one after the other.
        return place < 0 ? null
            : SlotPatience.Retry((region, memory, place), static a => TryAcquire(a.region, a.memory, EndpointRole.Subscriber, a.place, isNewPlace: false))
            ?? throw new EndpointInUseException(region.Source.DisplayPath, name.Text);
    }

    /// <summary>The slot of a name, or -1.</summary>
    internal static int FindPlace(in RingMemory memory, PlaceName name)
    {
        for (int i = 0; i < memory.Geometry.SubscriberSlots; i++)
        {
            if (IsKept(memory, i) && memory.Subscriber(i).HasPlaceName(name.Bytes))
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>Keeps the place under a name from now on. Where it begins stands in it by now.</summary>
    internal void Keep(PlaceName name)
    {
        Slot.WritePlaceName(name.Bytes);
        Atomic.StoreRelease(Slot.IsKept, 1); // pairs with RingRoom.Needed
    }

    /// <summary>Keeps it no longer.</summary>
    internal void Forget() => Atomic.StoreRelease(Slot.IsKept, 0); // pairs with RingRoom.Needed

    /// <summary>Whether the owner of another slot lives. One system call.</summary>
    internal bool IsAlive(EndpointRole role, int index) => IsAlive(_region.Source, role, index);

    /// <summary>Whether somebody else than the holder of this source owns a slot. One system call.</summary>
    internal static bool IsAlive(RegionSource source, EndpointRole role, int index) => source.IsLocked(LockOffset(source, role, index));

    /// <summary>The slots of a role that their owners did not leave in good order although they are dead: a bit for each.</summary>
    internal ulong FindDead(EndpointRole role)
    {
        ulong dead = 0;
        RingMemory memory = Memory;
        for (int i = 0; i < memory.Slots(role); i++)
        {
            bool mine = role == _role && i == Index;
            if (!mine && IsOccupied(memory.Slot(role, i)) && !IsAlive(role, i))
            {
                dead |= 1UL << i;
            }
        }
        return dead;
    }

    /// <summary>How many owners a slot has had.</summary>
    internal uint Generation(EndpointRole role, int index) => Atomic.LoadAcquire(Memory.Slot(role, index).Generation); // pairs with Occupy

    internal int Slots(EndpointRole role) => Memory.Slots(role);

    /// <summary>Says that the slot is in use, when its cursors are right.</summary>
    internal void Activate() => Atomic.StoreRelease(Slot.State, (uint)SlotState.Active); // pairs with RingRoom.Needed: state

    /// <summary>Gives the slot back. What the successor needs stands in it by now.</summary>
    internal void Release()
    {
        // One that was evicted stays so: publishers wait for its place no longer. (If that comes now, they do it once more.)
        if (Atomic.LoadAcquire(Slot.State) != (uint)SlotState.Evicted)
        {
            Atomic.StoreRelease(Slot.State, (uint)SlotState.Free); // pairs with RingRoom.Needed: state
        }
        _region.Source.Unlock(LockOffset(_region.Source, _role, Index));
    }

    /// <summary>Whether its state says that it has an owner, alive or dead, who did not leave it.</summary>
    internal static bool IsOccupied(RingSlot slot) => Atomic.LoadAcquire(slot.State) is not ((uint)SlotState.Free or (uint)SlotState.Evicted);

    /// <summary>Subscriber of a broadcast: whether its place is kept under a name.</summary>
    internal static bool IsKept(in RingMemory memory, int index) =>
        memory.Rules.IsBroadcast && Atomic.LoadAcquire(memory.Subscriber(index).IsKept) != 0; // pairs with Keep

    private static SlotOwner? TryAcquire(Region region, in RingMemory memory, EndpointRole role, int index, bool isNewPlace)
    {
        if (!region.Source.TryLock(LockOffset(region.Source, role, index)))
        {
            return null;
        }
        SlotOwner owner = new(region, role, index, isNewPlace);
        if (isNewPlace && IsKept(memory, index))
        {
            // Named since it was looked at, by one that is gone again.
            region.Source.Unlock(LockOffset(region.Source, role, index));
            return null;
        }
        owner.Occupy();
        return owner;
    }

    /// <summary>Clears what a dead owner may have left. The cursors are the ring's.</summary>
    private void Occupy()
    {
        RingSlot slot = Slot;
        if (_role == EndpointRole.Publisher)
        {
            // A dead owner's intent would make its claim look open for as long as this owner lives.
            Atomic.StoreRelease(slot.Intent, 0); // pairs with RingConsumer.Inspect: intents
        }
        if ((*slot.Parked & 1) != 0)
        {
            Atomic.StoreRelease(slot.Parked, *slot.Parked + 1); // pairs with Waker: parked
        }
        Atomic.And(Memory.Parked(_role), ~(1UL << Index));
        *slot.ProcessId = (uint)Environment.ProcessId;
        *slot.JoinedAt = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        *slot.Messages = 0;
        if (IsNewPlace)
        {
            *slot.Losses = *slot.LostBytes = *slot.MissedBytes = 0;
        }
        slot.WriteName(Path.GetFileName(Environment.ProcessPath) ?? "");
        if (_role == EndpointRole.Publisher)
        {
            // After who it is: whoever sees a new owner by this sees that one's process. A subscriber counts when it moves its cursors.
            Atomic.StoreRelease(slot.Generation, *slot.Generation + 1); // pairs with PeerWatch, PeerMonitor
        }
    }

    private static List<EndpointInfo> Holders(Region region, in RingMemory memory, EndpointRole role)
    {
        List<EndpointInfo> holders = [];
        for (int i = 0; i < memory.Slots(role); i++)
        {
            holders.Add(EndpointInfo.Read(memory, role, i, IsAlive(region.Source, role, i)));
        }
        return holders;
    }

    private static long LockOffset(RegionSource source, EndpointRole role, int index) => role == EndpointRole.Publisher
        ? source.Header.Geometry.PublisherSlotOffset(index)
        : source.Header.Geometry.SubscriberSlotOffset(index);
}
