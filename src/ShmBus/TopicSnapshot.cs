using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus;

/// <summary>A topic as it was seen at one moment.</summary>
/// <param name="Capacity">The bytes of the ring, or of each lane.</param>
/// <param name="PublishedBytes">The bytes that were claimed since the topic was made, headers and padding included.</param>
/// <param name="PendingBytes">The bytes of those that the subscriber, or the slowest one, has not given back yet.</param>
/// <param name="Name">Whether the path still leads to the topic.</param>
/// <param name="CorruptAt">A position at which some endpoint found the ring corrupt, or null.</param>
/// <param name="Endpoints">Who is there, and who died there.</param>
public sealed record TopicSnapshot(
    int Capacity, long PublishedBytes, long PendingBytes, RegionName Name, long? CorruptAt, IReadOnlyList<EndpointInfo> Endpoints)
{
    /// <summary>What the messages look like, as the topic's typed endpoints agreed on; null where there were none, or it was damaged.</summary>
    public MessageContract? Contract { get; init; }

    internal static unsafe TopicSnapshot Read(in RingMemory memory, RegionSource source, RegionOptions options)
    {
        List<EndpointInfo> endpoints = [];
        foreach (EndpointRole role in Enum.GetValues<EndpointRole>())
        {
            for (int i = 0; i < memory.Slots(role); i++)
            {
                bool isAlive = SlotOwner.IsAlive(source, role, i);
                if (isAlive || SlotOwner.IsOccupied(memory.Slot(role, i)) || (role == EndpointRole.Subscriber && SlotOwner.IsKept(memory, i)))
                {
                    endpoints.Add(EndpointInfo.Read(memory, role, i, isAlive));
                }
            }
        }
        (ulong published, ulong pending, ulong corrupt) = Figures(memory);
        if (memory.Rules.IsBroadcast)
        {
            pending = (ulong)endpoints.Where(static endpoint => !endpoint.IsEvicted).Select(static endpoint => endpoint.PendingBytes).DefaultIfEmpty().Max();
        }
        ulong lanes = source.Header.Producers == RegionHeader.Lanes ? Atomic.LoadAcquire(memory.Lanes) : 0;
        for (int i = 0; i < memory.Geometry.PublisherSlots; i++)
        {
            if ((lanes >> i & 1) != 0 && TryOpen(source, i, options) is Region region)
            {
                RingMemory lane = region.Ring();
                (ulong Published, ulong Pending, ulong Corrupt) figures = Figures(lane);
                published += figures.Published;
                pending += figures.Pending;
                corrupt = corrupt == 0 ? figures.Corrupt : corrupt;
                AddLane(endpoints, lane, i);
                region.Close();
                region.Unmap();
            }
        }
        return new TopicSnapshot(
            (int)source.Header.RingCapacity, (long)published, (long)pending, source.CheckName(),
            corrupt == 0 ? null : (long)(corrupt & ~RecordDescriptor.KindMask), endpoints)
        {
            Contract = RegionContract.TryRead(source, out RegionContract kept) is null && kept.Text is not null && MessageContract.TryParse(kept.Text, out MessageContract? contract) ? contract : null,
        };
    }

    /// <summary>A lane, or null: anybody may have written that there is one.</summary>
    private static Region? TryOpen(RegionSource hub, int index, RegionOptions options)
    {
        if (hub is RegionFile { Directory: null })
        {
            // Looked at by another's descriptor: where its lanes lie is not known.
            return null;
        }
        try
        {
            return LaneRegions.Open(hub, index, options, readOnly: true);
        }
        catch (NotFoundErrnoException)
        {
            return null;
        }
    }

    /// <summary>Whoever holds a slot in the hub has its figures in the slots of the lanes.</summary>
    private static void AddLane(List<EndpointInfo> endpoints, in RingMemory lane, int index)
    {
        for (int i = 0; i < endpoints.Count; i++)
        {
            EndpointInfo there = endpoints[i];
            if (there.Role == EndpointRole.Subscriber || there.Slot == index)
            {
                endpoints[i] = there.With(EndpointInfo.Read(lane, there.Role, 0, there.IsAlive));
            }
        }
    }

    private static unsafe (ulong Published, ulong Pending, ulong Corrupt) Figures(in RingMemory memory)
    {
        ulong gate = Atomic.LoadAcquire(memory.Subscriber(0).Gate);
        ulong tail = Atomic.LoadAcquire(memory.Tail);
        return (tail - memory.Capacity, tail - gate, Atomic.LoadAcquire(memory.Corrupt));
    }
}
