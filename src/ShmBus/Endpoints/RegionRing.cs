using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Endpoints;

/// <summary>The ring in a region.</summary>
internal static unsafe class RegionRing
{
    /// <summary>Views the ring of a region, by what its header says, which was checked before.</summary>
    internal static RingMemory Ring(this Region region)
    {
        RegionHeader header = region.Header;
        return new RingMemory(region.Address, region.Geometry, header.Key, new RingRules(
            header.Delivery == RegionHeader.Broadcast, header.Overflow == RegionHeader.Overwrite, (ulong)header.EvictionLag));
    }
}
