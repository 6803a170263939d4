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
    /// <param name="rules">Who gets the messages, and what happens when it is full: a queue that waits unless told.</param>
    internal RingMemory(byte* region, in RegionGeometry geometry, ulong key, RingRules rules = default)
    {
        _region = region;
        Geometry = geometry;
        Key = key;
        Rules = rules;
    }

    internal RegionGeometry Geometry { get; }

    internal ulong Key { get; }

    internal RingRules Rules { get; }

    /// <summary>How far publishers may be ahead of a subscriber that counts.</summary>
    internal ulong Window => Rules.EvictionLag == 0 ? Capacity : Rules.EvictionLag;

    internal ulong Capacity => (ulong)Geometry.Capacity;

    internal byte* Data => _region + Geometry.DataOffset;

    /// <summary>
    /// Whether publishers must not come round to each other's claims: in a broadcast nobody need be waiting behind one. (In a queue
    /// the subscriber, or its place, stays behind a claim until its owner closes it or dies.)
    /// </summary>
    internal bool AreClaimsBounds => Rules.IsBroadcast && Geometry.PublisherSlots > 1;

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

    /// <summary>Whether a record begins at a position, of any kind.</summary>
    internal bool IsStamped(ulong position) =>
        RecordDescriptor.IsStampOf(position, Key, Atomic.LoadAcquire((ulong*)(Data + (position & (Capacity - 1))))); // pairs with RingProducer.Close

    internal RingSlot Publisher(int index) => new(_region + Geometry.PublisherSlotOffset(index));

    internal RingSlot Subscriber(int index) => new(_region + Geometry.SubscriberSlotOffset(index));

    internal RingSlot Slot(EndpointRole role, int index) => role == EndpointRole.Publisher ? Publisher(index) : Subscriber(index);

    internal int Slots(EndpointRole role) => role == EndpointRole.Publisher ? Geometry.PublisherSlots : Geometry.SubscriberSlots;

    internal ulong* Parked(EndpointRole role) => role == EndpointRole.Publisher ? ParkedPublishers : ParkedSubscribers;
}

/// <summary>Who gets the messages of a ring, and what happens when it is full.</summary>
/// <param name="IsBroadcast">Every subscriber gets every message; else it is a queue, with one subscriber at a time.</param>
/// <param name="Overwrites">The one publisher writes over what was not read; else publishers wait for room.</param>
/// <param name="EvictionLag">Where publishers wait: a subscriber that lags by more bytes is waited for no longer; 0 for without end.</param>
internal readonly record struct RingRules(bool IsBroadcast, bool Overwrites, ulong EvictionLag)
{
    /// <summary>A message can vanish while it is read: it is copied, and believed if it stood there to the end.</summary>
    internal bool AreLossy => Overwrites || EvictionLag != 0;
}
