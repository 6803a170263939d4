using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer.Torture;

/// <summary>What stands at the front of a message: whose it is, which one, and a checksum of all of it.</summary>
/// <param name="Number">Its number among the publisher's messages, or <see cref="Aborted"/>.</param>
/// <param name="Life">The publisher.</param>
/// <param name="Index">Its place in its batch.</param>
/// <param name="Count">How many messages the batch has; 1: none.</param>
/// <param name="Checksum">CRC-32C of everything but itself.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct TortureMessage(long Number, int Life, short Index, short Count, uint Checksum)
{
    /// <summary>The number in a claim that is given up: it must never arrive.</summary>
    internal const long Aborted = -1;

    internal static readonly int HeaderSize = Unsafe.SizeOf<TortureMessage>();

    /// <summary>Writes the header in front of what stands in the payload.</summary>
    internal static void Seal(Span<byte> payload, long number, int life, int index = 0, int count = 1)
    {
        TortureMessage header = new(number, life, (short)index, (short)count, 0);
        MemoryMarshal.Write(payload, header);
        MemoryMarshal.Write(payload, header with { Checksum = ChecksumOf(header, payload) });
    }

    /// <summary>The header, if the checksum of the message is right.</summary>
    internal static TortureMessage Open(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < HeaderSize)
        {
            throw new SoakException($"corrupt: a message of {payload.Length} bytes");
        }
        TortureMessage header = MemoryMarshal.Read<TortureMessage>(payload);
        return header.Checksum == ChecksumOf(header, payload)
            ? header
            : throw new SoakException($"corrupt: the checksum of a message of {payload.Length} bytes is wrong, which says {header}");
    }

    // Most processes live too short to have it compiled a second time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint ChecksumOf(in TortureMessage header, ReadOnlySpan<byte> payload)
    {
        uint crc = BitOperations.Crc32C(~0u, (ulong)header.Number);
        crc = BitOperations.Crc32C(crc, (ulong)(uint)header.Life << 32 | (uint)(header.Index << 16) | (ushort)header.Count);
        crc = BitOperations.Crc32C(crc, (ulong)payload.Length);
        ReadOnlySpan<byte> rest = payload[HeaderSize..];
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(rest);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }
        foreach (byte last in rest[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, last);
        }
        return crc;
    }
}
