using System.Numerics;

namespace ShmBus.Regions;

/// <summary>The checksum of what stands in a region: CRC-32C (Castagnoli), begun and ended with all bits inverted.</summary>
internal static class Crc32C
{
    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        return ~crc;
    }
}
