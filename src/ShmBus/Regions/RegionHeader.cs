using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Regions;

/// <summary>What the header of a region says: its geometry, its key and what kind of topic it carries.</summary>
internal readonly record struct RegionHeader(RegionGeometry Geometry, ulong Key, uint Producers, uint Delivery, uint Overflow, long CreatedAt)
{
    /// <summary>The ring has one publisher, which moves the tail by a store.</summary>
    internal const uint OneProducer = 0;

    /// <summary>It has several, which move it by compare-and-swap.</summary>
    internal const uint ManyProducers = 1;

    /// <summary>It is the hub of lanes: each publisher has a ring in a region of its own.</summary>
    internal const uint Lanes = 2;

    /// <summary>Each message goes to one subscriber.</summary>
    internal const uint Queue = 0;

    /// <summary>Each message goes to every subscriber.</summary>
    internal const uint Broadcast = 1;

    /// <summary>Publishers wait for subscribers that are slow.</summary>
    internal const uint Wait = 0;

    /// <summary>They write over what slow subscribers have not read.</summary>
    internal const uint Overwrite = 1;

    /// <summary>Broadcast: a subscriber that lags by more bytes is evicted; 0 where none is.</summary>
    internal long EvictionLag { get; init; }

    /// <summary>Hub: the capacity of each lane; else 0.</summary>
    internal long LaneCapacity { get; init; }

    /// <summary>The capacity of the ring that messages go through: of a lane, where this is the hub.</summary>
    internal long RingCapacity => Producers == Lanes ? LaneCapacity : Geometry.Capacity;

    /// <summary>Lane: the key of its hub; else 0.</summary>
    internal ulong HubKey { get; init; }

    /// <summary>The features that this version knows and a region may require.</summary>
    private const ulong KnownFeatures = 0;

    /// <summary>Writes the header, checksum last, into the first <see cref="HeaderSize"/> bytes.</summary>
    internal void Encode(Span<byte> bytes)
    {
        bytes = bytes[..HeaderSize];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[MagicOffset..], Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[MajorVersionOffset..], MajorVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[MinorVersionOffset..], MinorVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[HeaderSizeOffset..], HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[PageSizeOffset..], (uint)Geometry.PageSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SlotSizeOffset..], SlotSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[PublisherSlotsOffset..], (uint)Geometry.PublisherSlots);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[SubscriberSlotsOffset..], (uint)Geometry.SubscriberSlots);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[TableOffsetOffset..], Geometry.TableOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[DataOffsetOffset..], Geometry.DataOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CapacityOffset..], Geometry.Capacity);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[RegionSizeOffset..], Geometry.RegionSize);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[KeyOffset..], Key);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ProducersOffset..], Producers);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[DeliveryOffset..], Delivery);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[OverflowOffset..], Overflow);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CreatedAtOffset..], CreatedAt);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[LaneCapacityOffset..], LaneCapacity);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[HubKeyOffset..], HubKey);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[EvictionLagOffset..], EvictionLag);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], Crc32C.Of(bytes[..ChecksumOffset]));
    }

    /// <summary>Reads a file's header, once, and checks it.</summary>
    internal static RegionHeader Read(SafeFileHandle file, ulong fileSize, string path)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        long length = Syscall.Check(Libc.Read(file, header, 0), "pread", path);
        return Decode(header[..(int)length], fileSize, path);
    }

    /// <summary>
    /// Reads a header from a private copy of the first bytes of a file and checks every field, in the order in which a
    /// mistake is best explained: is it a region at all, of which version, whole, of this machine, in itself consistent, as
    /// large as the file.
    /// </summary>
    /// <exception cref="RegionException">One of its kinds, for the first thing that is wrong.</exception>
    internal static RegionHeader Decode(ReadOnlySpan<byte> bytes, ulong fileSize, string path)
    {
        if (bytes.Length < HeaderSize)
        {
            throw new RegionSizeException(path, $"the file has {fileSize} bytes; a region has at least a header of {HeaderSize}");
        }
        bytes = bytes[..HeaderSize];
        ulong magic = BinaryPrimitives.ReadUInt64LittleEndian(bytes[MagicOffset..]);
        if (magic != Magic)
        {
            throw new RegionFormatException(path, $"the file begins with 0x{magic:x16}; a region begins with 0x{Magic:x16}");
        }
        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(bytes[MajorVersionOffset..]);
        if (major != MajorVersion)
        {
            throw new RegionVersionException(path, $"the region has layout version {major}; this library reads {MajorVersion}");
        }
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]);
        uint computed = Crc32C.Of(bytes[..ChecksumOffset]);
        if (checksum != computed)
        {
            throw new RegionFormatException(path, $"the header's checksum is 0x{checksum:x8}; its bytes give 0x{computed:x8}");
        }
        ulong unknown = BinaryPrimitives.ReadUInt64LittleEndian(bytes[RequiredFeaturesOffset..]) & ~KnownFeatures;
        if (unknown != 0)
        {
            throw new RegionVersionException(path, $"the region requires the features 0x{unknown:x}, which this library does not have");
        }
        uint pageSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[PageSizeOffset..]);
        if (pageSize != (uint)Environment.SystemPageSize)
        {
            throw new RegionPageSizeException(path, $"the region was made for pages of {pageSize} bytes; this machine has pages of {Environment.SystemPageSize}");
        }
        RegionGeometry geometry = DecodeGeometry(bytes, pageSize, path);
        if (fileSize != (ulong)geometry.RegionSize)
        {
            string how = fileSize < (ulong)geometry.RegionSize ? "truncated" : "extended";
            throw new RegionSizeException(path, $"the file was {how}: it has {fileSize} bytes, its header says {geometry.RegionSize}");
        }
        return new RegionHeader(
            geometry,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[KeyOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ProducersOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[DeliveryOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[OverflowOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[CreatedAtOffset..]))
        {
            LaneCapacity = BinaryPrimitives.ReadInt64LittleEndian(bytes[LaneCapacityOffset..]),
            HubKey = BinaryPrimitives.ReadUInt64LittleEndian(bytes[HubKeyOffset..]),
            EvictionLag = BinaryPrimitives.ReadInt64LittleEndian(bytes[EvictionLagOffset..]),
        };
    }

    private static RegionGeometry DecodeGeometry(ReadOnlySpan<byte> bytes, uint pageSize, string path)
    {
        string? wrong = RegionGeometry.TryCreate(
            pageSize,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[PublisherSlotsOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[SubscriberSlotsOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[CapacityOffset..]),
            out RegionGeometry geometry);
        if (wrong is not null)
        {
            throw new RegionFormatException(path, wrong);
        }
        Expect(path, "header size", BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderSizeOffset..]), HeaderSize);
        Expect(path, "slot size", BinaryPrimitives.ReadUInt32LittleEndian(bytes[SlotSizeOffset..]), SlotSize);
        Expect(path, "table offset", BinaryPrimitives.ReadInt64LittleEndian(bytes[TableOffsetOffset..]), geometry.TableOffset);
        Expect(path, "data offset", BinaryPrimitives.ReadInt64LittleEndian(bytes[DataOffsetOffset..]), geometry.DataOffset);
        Expect(path, "region size", BinaryPrimitives.ReadInt64LittleEndian(bytes[RegionSizeOffset..]), geometry.RegionSize);
        return geometry;
    }

    private static void Expect(string path, string what, long found, long expected)
    {
        if (found != expected)
        {
            throw new RegionFormatException(path, $"the header says {what} {found}; expected {expected}");
        }
    }
}
