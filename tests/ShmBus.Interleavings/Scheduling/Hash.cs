namespace ShmBus.Interleavings.Scheduling;

/// <summary>64 bits, good enough that two of a million states never share them.</summary>
internal static class Hash
{
    internal static ulong Mix(ulong hash, ulong value)
    {
        ulong high = Math.BigMul(hash ^ value ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB ^ ulong.RotateLeft(value, 32), out ulong low);
        return high ^ low + hash * 0x9E37_79B9_7F4A_7C15;
    }

    internal static ulong Mix(ulong hash, ReadOnlySpan<ulong> values)
    {
        foreach (ulong value in values)
        {
            hash = Mix(hash, value);
        }
        return hash;
    }
}
