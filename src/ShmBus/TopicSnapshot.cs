using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>A topic as it was seen at one moment.</summary>
/// <param name="Capacity">The bytes of the ring.</param>
/// <param name="PublishedBytes">The bytes that were claimed since the topic was made, headers and padding included.</param>
/// <param name="PendingBytes">The bytes of those that the subscriber has not given back yet.</param>
/// <param name="Name">Whether the path still leads to the topic.</param>
/// <param name="CorruptAt">A position at which some endpoint found the ring corrupt, or null.</param>
/// <param name="Endpoints">Who is there, and who died there.</param>
public sealed record TopicSnapshot(
    int Capacity, long PublishedBytes, long PendingBytes, RegionName Name, long? CorruptAt, IReadOnlyList<EndpointInfo> Endpoints)
{
    internal static unsafe TopicSnapshot Read(in RingMemory memory, RegionFile file)
    {
        List<EndpointInfo> endpoints = [];
        foreach (EndpointRole role in Enum.GetValues<EndpointRole>())
        {
            for (int i = 0; i < memory.Slots(role); i++)
            {
                bool isAlive = SlotOwner.IsAlive(file, role, i);
                if (isAlive || Atomic.LoadAcquire(memory.Slot(role, i).State) != (uint)SlotState.Free)
                {
                    endpoints.Add(EndpointInfo.Read(memory, role, i, isAlive));
                }
            }
        }
        ulong gate = Atomic.LoadAcquire(memory.Subscriber(0).Gate);
        ulong tail = Atomic.LoadAcquire(memory.Tail);
        ulong corrupt = Atomic.LoadAcquire(memory.Corrupt);
        return new TopicSnapshot(
            (int)memory.Capacity, (long)(tail - memory.Capacity), (long)(tail - gate), file.CheckName(),
            corrupt == 0 ? null : (long)(corrupt & ~RecordDescriptor.KindMask), endpoints);
    }
}
