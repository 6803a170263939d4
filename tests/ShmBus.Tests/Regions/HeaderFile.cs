using System.Buffers.Binary;
using ShmBus.Regions;

namespace ShmBus.Tests.Regions;

/// <summary>
/// The bytes of a region's header, to be spoiled. The checksum is worked out bit by bit, from its definition, and not by the
/// code under test.
/// </summary>
internal static class HeaderFile
{
    internal static byte[] Valid(int capacity)
    {
        byte[] bytes = new byte[RegionDescriptor.HeaderSize];
        new TopicOptions { Capacity = capacity }.ToHeader().Encode(bytes);
        return bytes;
    }

    /// <summary>CRC-32C: reflected polynomial 0x82F63B78, begun and ended with all bits inverted.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
            }
        }
        return ~crc;
    }

    /// <summary>Makes the checksum right again.</summary>
    internal static byte[] Seal(byte[] header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(
            header.AsSpan(RegionDescriptor.ChecksumOffset), Checksum(header.AsSpan(0, RegionDescriptor.ChecksumOffset)));
        return header;
    }

    internal static void Truncate(string path, long length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }

    /// <summary>Writes bytes into a file through an ordinary write.</summary>
    internal static void Write(string path, long offset, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = offset;
        file.Write(bytes);
    }
}
