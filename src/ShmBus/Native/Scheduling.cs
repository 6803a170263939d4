using System.Numerics;
using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>On how many processors this process may run: sched_getaffinity.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    private static partial int sched_getaffinity(int process, nuint size, ulong* mask);

    /// <summary>
    /// The number of processors that this process, by its first thread, may run on. Not those of the calling thread: one that
    /// is pinned to a processor of its own has the other side on another.
    /// </summary>
    internal static int ProcessorsOfThisProcess()
    {
        const int words = 128; // 8,192 processors, the most that Linux can be built for
        ulong* mask = stackalloc ulong[words];
        new Span<ulong>(mask, words).Clear();
        if (sched_getaffinity(Environment.ProcessId, words * sizeof(ulong), mask) < 0)
        {
            return Environment.ProcessorCount;
        }
        int count = 0;
        for (int i = 0; i < words; i++)
        {
            count += BitOperations.PopCount(mask[i]);
        }
        return count;
    }
}
