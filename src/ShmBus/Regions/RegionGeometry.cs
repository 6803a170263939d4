using System.Numerics;

namespace ShmBus.Regions;

/// <summary>
/// The sizes of a region and where its sections begin. A private copy: it is checked once and never read from shared
/// memory again.
/// </summary>
internal readonly record struct RegionGeometry
{
    private RegionGeometry(int pageSize, int publisherSlots, int subscriberSlots, long capacity)
    {
        PageSize = pageSize;
        PublisherSlots = publisherSlots;
        SubscriberSlots = subscriberSlots;
        Capacity = capacity;
    }

    internal int PageSize { get; }
    internal int PublisherSlots { get; }
    internal int SubscriberSlots { get; }

    /// <summary>The bytes of the data area.</summary>
    internal long Capacity { get; }

    internal long TableOffset => RoundUp(RegionDescriptor.ControlEnd, PageSize);
    internal long DataOffset => RoundUp(TableOffset + (long)(PublisherSlots + SubscriberSlots) * RegionDescriptor.SlotSize, PageSize);

    /// <summary>The bytes of the file.</summary>
    internal long RegionSize => DataOffset + Capacity;

    /// <summary>The bytes of address space: the data area stands there twice.</summary>
    internal long MappedSize => DataOffset + 2 * Capacity;

    /// <summary>
    /// The bytes of an array, in which the data area stands once. The longest record has a quarter of the ring and a header, which
    /// is less than a line, and begins within: so much may stand behind the end.
    /// </summary>
    internal long ExtendedSize => DataOffset + Capacity + Capacity / 4 + RegionDescriptor.LineSize;

    /// <summary>Publisher slots come first in the table.</summary>
    internal long PublisherSlotOffset(int index) => TableOffset + (long)index * RegionDescriptor.SlotSize;

    internal long SubscriberSlotOffset(int index) => PublisherSlotOffset(PublisherSlots + index);

    /// <summary>The geometry, or why there is none.</summary>
    internal static string? TryCreate(long pageSize, long publisherSlots, long subscriberSlots, long capacity, out RegionGeometry geometry)
    {
        geometry = default;
        if (pageSize < 4096 || pageSize > 1 << 20 || !BitOperations.IsPow2(pageSize))
        {
            return $"the page size is {pageSize}; expected a power of two from 4096 to {1 << 20}";
        }
        if (publisherSlots is < 1 or > RegionDescriptor.MaxSlots)
        {
            return $"there are {publisherSlots} publisher slots; expected 1 to {RegionDescriptor.MaxSlots}";
        }
        if (subscriberSlots is < 1 or > RegionDescriptor.MaxSlots)
        {
            return $"there are {subscriberSlots} subscriber slots; expected 1 to {RegionDescriptor.MaxSlots}";
        }
        if (capacity < pageSize || capacity > RegionDescriptor.MaxCapacity || !BitOperations.IsPow2(capacity))
        {
            return $"the capacity is {capacity} bytes; expected a power of two from one page ({pageSize}) to {RegionDescriptor.MaxCapacity}";
        }
        geometry = new RegionGeometry((int)pageSize, (int)publisherSlots, (int)subscriberSlots, capacity);
        return null;
    }

    private static long RoundUp(long size, long unit) => (size + unit - 1) & ~(unit - 1);
}
