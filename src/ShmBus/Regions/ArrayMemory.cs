using System.Runtime.InteropServices;

namespace ShmBus.Regions;

/// <summary>
/// A region's memory in a managed array, which stays where it is. It cannot be mapped twice; instead the data area has an
/// extension. A record that begins near the end goes on in the extension instead of at the beginning, and that is
/// the same to whoever finds each record by its own beginning, and everything in it from there.
/// </summary>
/// <remarks>
/// <para>A position has one place: beginnings of records are masked, so stamps stand in the data area; what follows one of
/// those stands behind it, for the writer and for all readers. The bytes of the extension are used again a whole ring later, as
/// those at the beginning of the data area are, so what protects these from being overwritten protects those.</para>
/// <para>The memory is there for as long as somebody refers to it. Spans of it do: they point into the array.</para>
/// </remarks>
internal sealed unsafe class ArrayMemory : RegionMemory
{
    // Keeps the memory.
    private readonly byte[] _array;

    /// <summary>Makes a region in which nothing was published.</summary>
    /// <exception cref="OutOfMemoryException">There is no room for it.</exception>
    internal ArrayMemory(in RegionHeader header)
    {
        RegionGeometry geometry = header.Geometry;
        int page = geometry.PageSize;
        _array = GC.AllocateArray<byte>(checked((int)(geometry.ExtendedSize + page - 1)), pinned: true);
        nuint start = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0);
        Address = (byte*)((start + (nuint)page - 1) & ~((nuint)page - 1));
        RegionFactory.WriteStart(Address, geometry);
        header.Encode(new Span<byte>(Address, RegionDescriptor.HeaderSize));
    }

    internal override byte* Address { get; }

    /// <summary>Some of its bytes.</summary>
    internal Span<byte> Span(long offset, int length) => new(Address + offset, length);

    /// <summary>None: what there is to ask of the system is not asked.</summary>
    internal override IReadOnlyList<RefusedOption> Refused => [];

    internal override void Flush(Durability durability)
    {
        // There is no disk behind it.
    }

    internal override void Unmap()
    {
        // Others have it, too.
    }
}
