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
    private const string Suffix = ".lane";

    private static readonly char[] Digits = [.. "0123456789"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    internal static string NameOf(string hub, int index) => $"{hub}{Suffix}{index}";

    /// <summary>Whether a file of this name can only be a lane: NAME.lane and a number.</summary>
    internal static bool IsName(string name) => HubOf(name) != name;

    /// <summary>The name of the hub that a lane lies beside.</summary>
    internal static string HubOf(string name)
    {
        string rest = name.TrimEnd(Digits);
        return rest.Length < name.Length && rest.EndsWith(Suffix, StringComparison.Ordinal) ? rest[..^Suffix.Length] : name;
    }

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
        using RegionFile file = RegionFile.OpenIn(hub.Directory!, NameOf(hub, index), options, readOnly);
        return Map(hub, file, options, readOnly);
    }

    /// <summary>Opens a lane or makes it. The caller holds the publisher slot of its number, so nobody else does that.</summary>
    internal static Region OpenOrCreate(RegionFile hub, int index, RegionOptions options)
    {
        RegionDirectory directory = hub.Directory!;
        string name = NameOf(hub, index);
        RegionHeader header = HeaderOf(hub.Header);
        RegionFile file = RegionFile.OpenOrCreateIn(directory, name, header, options, out _);
        try
        {
            if (file.Header.HubKey != 0 && file.Header.HubKey != header.HubKey && hub.CheckName() == RegionName.Intact)
            {
                // Left from a topic of the same name whose file was removed. (Without a hub key it is a topic of its own, and stays. If
                // this hub is the one that lost its name, the lane may be one of the topic that has it now, and stays as well.)
                // As long as it is open, nobody else deletes it, and then by mistake the one that comes after it.
                directory.Remove(name);
                file.Dispose();
                file = RegionFile.OpenOrCreateIn(directory, name, header, options, out _);
            }
            return Map(hub, file, options, readOnly: false);
        }
        finally
        {
            file.Dispose();
        }
    }

    private static string NameOf(RegionFile hub, int index) => NameOf(Path.GetFileName(hub.DisplayPath), index);

    private static Region Map(RegionFile hub, RegionFile lane, RegionOptions options, bool readOnly) =>
        lane.Header == HeaderOf(hub.Header) with { Key = lane.Header.Key, CreatedAt = lane.Header.CreatedAt }
            ? Region.Map(lane, options, readOnly)
            : throw new RegionFormatException(lane.DisplayPath, "it is not a lane of this topic");

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
