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
    private readonly RingMemory _memory;
    private readonly EndpointRole _role;

    private SlotOwner(Region region, in RingMemory memory, EndpointRole role, int index)
    {
        _region = region;
        _memory = memory;
        _role = role;
        Index = index;
    }

    internal int Index { get; }

    internal RingSlot Slot => _memory.Slot(_role, Index);

    /// <summary>Takes the first slot that nobody alive holds.</summary>
    /// <exception cref="EndpointInUseException">All are held.</exception>
    internal static SlotOwner Acquire(Region region, in RingMemory memory, EndpointRole role)
    {
        int slots = memory.Slots(role);
        for (int i = 0; i < slots; i++)
        {
            if (region.Source.TryLock(LockOffset(region.Source, role, i)))
            {
                SlotOwner owner = new(region, memory, role, i);
                owner.Occupy();
                return owner;
            }
        }
        throw new EndpointInUseException(region.Source.DisplayPath, role, Holders(memory, role));
    }

    /// <summary>Whether the owner of another slot lives. One system call.</summary>
    internal bool IsAlive(EndpointRole role, int index) => IsAlive(_region.Source, role, index);

    /// <summary>Whether somebody else than the holder of this source owns a slot. One system call.</summary>
    internal static bool IsAlive(RegionSource source, EndpointRole role, int index) => source.IsLocked(LockOffset(source, role, index));

    /// <summary>The slots of a role that their owners did not leave in good order although they are dead: a bit for each.</summary>
    internal ulong FindDead(EndpointRole role)
    {
        ulong dead = 0;
        for (int i = 0; i < _memory.Slots(role); i++)
        {
            bool mine = role == _role && i == Index;
            if (!mine && Atomic.LoadAcquire(_memory.Slot(role, i).State) != (uint)SlotState.Free && !IsAlive(role, i))
            {
                dead |= 1UL << i;
            }
        }
        return dead;
    }

    /// <summary>How many owners a slot has had.</summary>
    internal uint Generation(EndpointRole role, int index) => Atomic.LoadAcquire(_memory.Slot(role, index).Generation); // pairs with Occupy

    internal int Slots(EndpointRole role) => _memory.Slots(role);

    /// <summary>Says that the slot is in use, when its cursors are right.</summary>
    internal void Activate() => Atomic.StoreRelease(Slot.State, (uint)SlotState.Active); // pairs with RingRoom.Needed: state

    /// <summary>Gives the slot back. What the successor needs stands in it by now.</summary>
    internal void Release()
    {
        Atomic.StoreRelease(Slot.State, (uint)SlotState.Free); // pairs with RingRoom.Needed: state
        _region.Source.Unlock(LockOffset(_region.Source, _role, Index));
    }

    /// <summary>Clears what a dead owner may have left, before anything else is written.</summary>
    private void Occupy()
    {
        RingSlot slot = Slot;
        Atomic.StoreRelease(slot.Generation, *slot.Generation + 1); // pairs with RingRoom.Needed: generation
        if (_role == EndpointRole.Publisher)
        {
            // A dead owner's intent would make its claim look open for as long as this owner lives.
            Atomic.StoreRelease(slot.Intent, 0); // pairs with RingConsumer.Inspect: intents
        }
        if ((*slot.Parked & 1) != 0)
        {
            Atomic.StoreRelease(slot.Parked, *slot.Parked + 1); // pairs with Waker: parked
        }
        Atomic.And(_memory.Parked(_role), ~(1UL << Index));
        *slot.ProcessId = (uint)Environment.ProcessId;
        *slot.JoinedAt = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        *slot.Messages = 0;
        slot.WriteName(Path.GetFileName(Environment.ProcessPath) ?? "");
    }

    private static List<EndpointInfo> Holders(in RingMemory memory, EndpointRole role)
    {
        List<EndpointInfo> holders = [];
        for (int i = 0; i < memory.Slots(role); i++)
        {
            holders.Add(EndpointInfo.Read(memory, role, i, isAlive: true));
        }
        return holders;
    }

    private static long LockOffset(RegionSource source, EndpointRole role, int index) => role == EndpointRole.Publisher
        ? source.Header.Geometry.PublisherSlotOffset(index)
        : source.Header.Geometry.SubscriberSlotOffset(index);
}
