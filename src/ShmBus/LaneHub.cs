using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>A publisher's place in the hub: its slot, which is the number of its lane, and where the subscriber sleeps.</summary>
internal sealed unsafe class LaneHub : ICompanions
{
    private readonly Region _region;
    private readonly SlotOwner _owner;

    /// <summary>Takes a slot. The region is the caller's to close when this throws.</summary>
    internal LaneHub(Region region)
    {
        _region = region;
        Memory = region.Ring();
        _owner = SlotOwner.Acquire(region, Memory, EndpointRole.Publisher);
    }

    internal RingMemory Memory { get; }

    internal int Index => _owner.Index;

    /// <summary>Says that the lane is there. The subscriber is to be woken then.</summary>
    internal void Announce()
    {
        _owner.Activate();
        Atomic.Or(Memory.Lanes, 1UL << Index); // pairs with Lanes.OpenNew
        _region.Source.Touch();
    }

    public void Flush(Durability durability)
    {
        // No message is in it.
    }

    public void Release()
    {
        _owner.Release();
        _region.Source.Touch();
        _region.Close();
    }

    public void Unmap() => _region.Unmap();
}
