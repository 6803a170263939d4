using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// A fan-in topic: a hub, which is a region with a slot for each publisher and one for the subscriber but no messages, and for
/// each publisher slot a lane, which is an ordinary one-publisher topic in a file beside the hub's. Publishers cannot hold
/// each other up, and the subscriber sleeps in one place, its slot in the hub.
/// </summary>
internal static unsafe class LaneFiles
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
            if (file.Header.HubKey != header.HubKey)
            {
                // Left from a topic of the same name that was deleted.
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
            lane.CloseFile();
            lane.Unmap();
            throw;
        }
    }
}

/// <summary>Regions that an endpoint works with beside its own.</summary>
internal interface ICompanions
{
    /// <summary>Brings what was written in them as far as asked.</summary>
    void Flush(Durability durability);

    /// <summary>Gives their slots back.</summary>
    void Release();

    /// <summary>Takes their memory away.</summary>
    void Unmap();
}

/// <summary>A publisher's place in the hub: its slot, which is the number of its lane, and where the subscriber sleeps.</summary>
internal sealed unsafe class LaneHub : ICompanions
{
    private readonly Region _region;
    private readonly SlotOwner _owner;

    /// <summary>Takes a slot. The region is the caller's to close when this throws.</summary>
    internal LaneHub(Region region)
    {
        _region = region;
        Memory = new RingMemory(region.Address, region.Geometry, region.File.Header.Key);
        _owner = SlotOwner.Acquire(region, Memory, EndpointRole.Publisher);
    }

    internal RingMemory Memory { get; }

    internal int Index => _owner.Index;

    /// <summary>Says that the lane is there. The subscriber is to be woken then.</summary>
    internal void Announce()
    {
        _owner.Activate();
        Atomic.Or(Memory.Lanes, 1UL << Index); // pairs with Lanes.OpenNew
    }

    public void Flush(Durability durability)
    {
        // No message is in it.
    }

    public void Release()
    {
        _owner.Release();
        _region.CloseFile();
    }

    public void Unmap() => _region.Unmap();
}

/// <summary>The lanes that a subscriber reads.</summary>
internal sealed unsafe class Lanes(RegionFile hub, RingMemory memory, RegionOptions options, bool atMostOnce, Subscriber subscriber) : ICompanions
{
    private readonly Lane?[] _lanes = new Lane?[memory.Geometry.PublisherSlots];
    private ulong _opened;

    /// <summary>How many there can be.</summary>
    internal int Count => _lanes.Length;

    internal Lane? this[int index] => _lanes[index];

    /// <summary>Whether one was made that is not open yet.</summary>
    internal bool HasNew => Unopened != 0;

    /// <summary>The lane after one, or -1, the topic's own ring, after the last.</summary>
    internal int Next(int lane)
    {
        do
        {
            lane = lane + 1 == Count ? -1 : lane + 1;
        }
        while (lane >= 0 && _lanes[lane] is null);
        return lane;
    }

    /// <summary>The next lane after one in which something is stamped, or that one itself.</summary>
    internal int NextStamped(int lane)
    {
        for (int next = Next(lane); next != lane; next = Next(next))
        {
            if (next >= 0 && _lanes[next]!.Ring.IsStamped())
            {
                return next;
            }
        }
        return lane;
    }

    /// <summary>Why the last one that could not be opened could not.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Opens those that were made since the last time. One that cannot be opened is tried, and thrown for, once.</summary>
    internal void OpenNew()
    {
        for (ulong unopened = Unopened; unopened != 0; unopened &= unopened - 1)
        {
            int index = System.Numerics.BitOperations.TrailingZeroCount(unopened);
            _opened |= 1UL << index;
            try
            {
                Region region = LaneFiles.Open(hub, index, options, readOnly: false);
                _lanes[index] = LaneFiles.Take(region, lane => new Lane(lane, atMostOnce, subscriber));
            }
            catch (Exception exception)
            {
                Failure = exception;
                throw;
            }
            if (!_lanes[index]!.IsWatched)
            {
                subscriber.IsUnwatched();
            }
        }
    }

    /// <summary>One that is corrupt is read no more; the others go on.</summary>
    internal void Drop(int index)
    {
        Lane lane = _lanes[index]!;
        _lanes[index] = null;
        lane.Release();
        lane.Unmap();
    }

    public void Flush(Durability durability) => ForEach(lane => lane.Flush(durability));

    public void Release() => ForEach(static lane => lane.Release());

    public void Unmap() => ForEach(static lane => lane.Unmap());

    private ulong Unopened =>
        Atomic.LoadAcquire(memory.Lanes) & ~_opened & (ulong.MaxValue >> (64 - _lanes.Length)); // pairs with LaneHub.Announce

    private void ForEach(Action<Lane> action)
    {
        foreach (Lane? lane in _lanes)
        {
            if (lane is not null)
            {
                action(lane);
            }
        }
    }
}
