using ShmBus.Endpoints;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>
/// A fan-in topic: a hub, which is a region with a slot for each publisher and one for the subscriber but no messages, and for
/// each publisher slot a lane, which is an ordinary one-publisher topic in a file beside the hub's. Publishers cannot hold
/// each other up, and the subscriber sleeps in one place, its slot in the hub.
/// </summary>
internal static class LaneFiles
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    internal static string PathOf(string hub, int index) => $"{hub}.lane{index}";

    /// <summary>The header of a new lane.</summary>
    internal static RegionHeader HeaderOf(in RegionHeader hub)
    {
        string? wrong = RegionGeometry.TryCreate(Environment.SystemPageSize, publisherSlots: 1, subscriberSlots: 1, hub.LaneCapacity, out RegionGeometry geometry);
        return wrong is null
            ? new RegionHeader(geometry, RegionFactory.NewKey(), RegionHeader.OneProducer, Delivery: 0, Overflow: 0, hub.CreatedAt) { HubKey = hub.Key }
            : throw new InvalidOperationException(wrong);
    }

    /// <summary>Opens a lane that its publisher made.</summary>
    internal static Region Open(RegionFile hub, int index, RegionOptions options, bool readOnly)
    {
        string path = PathOf(hub.DisplayPath, index);
        // For writing in any case: what is missing of the file is reserved before it is mapped.
        using RegionFile file = RegionFile.Open(path, options, readOnly: false);
        return file.Header.HubKey == hub.Header.Key && file.Header.Geometry == HeaderOf(hub.Header).Geometry
            ? Region.Map(file, options, readOnly)
            : throw new RegionFormatException(path, "it is not a lane of this topic");
    }

    /// <summary>Opens a lane or makes it. The caller holds the publisher slot of its number, so nobody else does that.</summary>
    internal static Region OpenOrCreate(RegionFile hub, int index, RegionOptions options)
    {
        string path = PathOf(hub.DisplayPath, index);
        RegionHeader header = HeaderOf(hub.Header);
        RegionFile file = RegionFile.OpenOrCreate(path, header, options, out _);
        try
        {
            if (file.Header.HubKey != 0 && file.Header.HubKey != header.HubKey)
            {
                // Left from a topic of the same name that was deleted. (Without a hub key it is a topic of its own, and stays.)
                file.Dispose();
                File.Delete(path);
                file = RegionFile.OpenOrCreate(path, header, options, out _);
            }
            return file.Header.HubKey == header.HubKey && file.Header.Geometry == header.Geometry
                ? Region.Map(file, options, readOnly: false)
                : throw new RegionFormatException(path, "it is not a lane of this topic");
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>
    /// Takes a slot in a lane. Who holds the slot in the hub is the only one to want it, but the kernel frees the locks of one that
    /// died one after the other: waits for a moment.
    /// </summary>
    internal static T Take<T>(Region lane, Func<Region, T> create)
    {
        try
        {
            for (long start = Environment.TickCount64; ; Thread.Yield())
            {
                try
                {
                    return create(lane);
                }
                catch (EndpointInUseException) when (Environment.TickCount64 - start < Patience.TotalMilliseconds)
                {
                    // Once more.
                }
            }
        }
        catch
        {
            lane.Close();
            lane.Unmap();
            throw;
        }
    }
}
