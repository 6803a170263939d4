using ShmBus.Regions;

namespace ShmBus.Rings;

/// <summary>
/// A ring as pointers into a region: its control fields, its slots and its data. Knows no file and no syscall, so that a test
/// can put it on any memory.
/// </summary>
/// <remarks>
/// Only the place of a record's beginning is found by its position, masked; whatever stands in the record is found from there,
/// and may lie behind the end of the data area. There a region has the data area once more, mapped to the same bytes. Memory that
/// cannot be mapped twice has so many bytes more that the longest record fits: nobody looks for what they hold at
/// the beginning of the data area.
/// </remarks>
internal readonly unsafe struct RingMemory
{
    private readonly byte* _region;

    /// <summary>Views a ring.</summary>
    /// <param name="region">The region, mapped or imitated, with the data area twice, back to back, or with room for a record behind it.</param>
    /// <param name="geometry">Its sizes, checked before.</param>
    /// <param name="key">The key of its stamps.</param>
    internal RingMemory(byte* region, in RegionGeometry geometry, ulong key)
    {
        _region = region;
        Geometry = geometry;
        Key = key;
    }

    internal RegionGeometry Geometry { get; }

    internal ulong Key { get; }

    internal ulong Capacity => (ulong)Geometry.Capacity;

    internal byte* Data => _region + Geometry.DataOffset;

    /// <summary>The position at which the next claim begins. Written by publishers.</summary>
    internal ulong* Tail => (ulong*)(_region + RegionDescriptor.TailOffset);

    /// <summary>No subscriber needs what lies below; only ever raised, by publishers.</summary>
    internal ulong* SharedGate => (ulong*)(_region + RegionDescriptor.SharedGateOffset);

    /// <summary>One bit for each subscriber that may be asleep; set and cleared by its owner. Read after every publish.</summary>
    internal ulong* ParkedSubscribers => (ulong*)(_region + RegionDescriptor.ParkedSubscribersOffset);

    /// <summary>One bit for each publisher that may be asleep for want of room; set and cleared by its owner.</summary>
    internal ulong* ParkedPublishers => (ulong*)(_region + RegionDescriptor.ParkedPublishersOffset);

    /// <summary>A position at which some endpoint found the ring corrupt, or 0. Reported, never obeyed.</summary>
    internal ulong* Corrupt => (ulong*)(_region + RegionDescriptor.CorruptOffset);

    /// <summary>Hub of lanes: one bit for each lane that was made; set by its publisher, never cleared.</summary>
    internal ulong* Lanes => (ulong*)(_region + RegionDescriptor.LanesOffset);

    /// <summary>Says where an endpoint found the ring corrupt, if it is the first to.</summary>
    internal void ReportCorrupt(RingCorruptException corruption) => Atomic.CompareExchange(Corrupt, 0, (ulong)corruption.Position | 1);

    internal RingSlot Publisher(int index) => new(_region + Geometry.PublisherSlotOffset(index));

    internal RingSlot Subscriber(int index) => new(_region + Geometry.SubscriberSlotOffset(index));

    internal RingSlot Slot(EndpointRole role, int index) => role == EndpointRole.Publisher ? Publisher(index) : Subscriber(index);

    internal int Slots(EndpointRole role) => role == EndpointRole.Publisher ? Geometry.PublisherSlots : Geometry.SubscriberSlots;

    internal ulong* Parked(EndpointRole role) => role == EndpointRole.Publisher ? ParkedPublishers : ParkedSubscribers;
}
