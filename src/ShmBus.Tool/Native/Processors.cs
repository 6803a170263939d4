using System.Runtime.InteropServices;

namespace ShmBus.Tool.Native;

/// <summary>Which processors a thread may run on.</summary>
internal static unsafe partial class Processors
{
    private const int Words = 16;
    private const int WordBits = 64;

    /// <summary>The numbers of those that the calling thread may run on.</summary>
    internal static int[] Allowed()
    {
        ulong* mask = stackalloc ulong[Words];
        return sched_getaffinity(0, Words * sizeof(ulong), mask) < 0 ? []
            : [.. Enumerable.Range(0, Words * WordBits).Where(Bits(new ReadOnlySpan<ulong>(mask, Words)))];
    }

    /// <summary>Keeps the calling thread on one; not the process, whose runtime would take the machine for one with a single processor.</summary>
    internal static void Pin(int processor)
    {
        ulong* mask = stackalloc ulong[Words];
        mask[processor / WordBits] = 1UL << (processor % WordBits);
        _ = sched_setaffinity(0, Words * sizeof(ulong), mask);
    }

    private static Func<int, bool> Bits(ReadOnlySpan<ulong> mask)
    {
        ulong[] copy = mask.ToArray();
        return i => (copy[i / WordBits] >> (i % WordBits) & 1) != 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_getaffinity(int thread, nint size, ulong* mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int thread, nint size, ulong* mask);
}
