using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>Which CPU a thread runs on.</summary>
internal static unsafe partial class Affinity
{
    public const int MaximumCpus = 1024;

    private const int WordBits = 64;
    private const int Words = MaximumCpus / WordBits;

    /// <summary>Whether the calling thread may run on <paramref name="cpu"/>.</summary>
    public static bool IsAllowed(int cpu)
    {
        ulong* mask = stackalloc ulong[Words];
        if (sched_getaffinity(0, Words * sizeof(ulong), mask) < 0)
            throw Errno.Of("sched_getaffinity");
        return (mask[cpu / WordBits] >> (cpu % WordBits) & 1) != 0;
    }

    /// <summary>
    /// Keeps the calling thread on <paramref name="cpu"/>. Not the process: a runtime that starts on one CPU, as a
    /// pinned process's child would, takes the machine for a single core and waits accordingly.
    /// </summary>
    public static void PinThread(int cpu)
    {
        ulong* mask = stackalloc ulong[Words];
        mask[cpu / WordBits] = 1UL << (cpu % WordBits);
        if (sched_setaffinity(0, Words * sizeof(ulong), mask) < 0)
            throw Errno.Of($"sched_setaffinity to CPU {cpu}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_getaffinity(int thread, nint size, ulong* mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int thread, nint size, ulong* mask);
}
