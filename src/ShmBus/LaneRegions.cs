using ShmBus.Regions;

namespace ShmBus;

/// <summary>The region of each lane: a file beside the hub's file, or an array that the hub's array keeps.</summary>
internal static class LaneRegions
{
    /// <summary>Opens a lane that its publisher made.</summary>
    internal static Region Open(RegionSource hub, int index, RegionOptions options, bool readOnly)
    {
        if (hub is RegionFile file)
        {
            return LaneFiles.Open(file, index, options, readOnly);
        }
        using RegionArray lane = ((RegionArray)hub).OpenLane(index);
        return Region.Map(lane, options, readOnly);
    }

    /// <summary>Opens a lane or makes it. The caller holds the publisher slot of its number, so nobody else does that.</summary>
    internal static Region OpenOrCreate(RegionSource hub, int index, RegionOptions options)
    {
        if (hub is RegionFile file)
        {
            return LaneFiles.OpenOrCreate(file, index, options);
        }
        using RegionArray lane = ((RegionArray)hub).OpenOrCreateLane(index, LaneFiles.HeaderOf(hub.Header));
        return Region.Map(lane, options, readOnly: false);
    }
}
