using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>What this process has used so far, or between two such looks: all its threads, those of the runtime included.</summary>
/// <param name="CpuSeconds">In user and in kernel mode.</param>
/// <param name="MinorFaults">Page faults that needed no disk.</param>
/// <param name="MajorFaults">Page faults that did.</param>
/// <param name="VoluntarySwitches">How often a thread gave its processor up, mostly to sleep.</param>
/// <param name="InvoluntarySwitches">How often a thread was made to.</param>
/// <param name="AllocatedBytes">On the managed heap.</param>
/// <param name="Seconds">Of wall-clock time.</param>
internal readonly partial record struct ResourceUsage(
    double CpuSeconds, long MinorFaults, long MajorFaults, long VoluntarySwitches, long InvoluntarySwitches, long AllocatedBytes, double Seconds)
{
    private const int RUSAGE_SELF = 0;

    // struct rusage as longs: two times of two, then fourteen counts.
    private const int Words = 18;
    private const int MinorFaultsWord = 8;
    private const int MajorFaultsWord = 9;
    private const int VoluntarySwitchesWord = 16;
    private const int InvoluntarySwitchesWord = 17;

    public static unsafe ResourceUsage Now()
    {
        // Stops all threads for a moment to count what each has not told yet: therefore before the rest, and only between phases.
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long* words = stackalloc long[Words];
        if (getrusage(RUSAGE_SELF, words) < 0)
            throw Errno.Of("getrusage");
        double cpu = words[0] + words[2] + (words[1] + words[3]) / 1e6;
        return new ResourceUsage(
            cpu, words[MinorFaultsWord], words[MajorFaultsWord], words[VoluntarySwitchesWord], words[InvoluntarySwitchesWord],
            allocated, (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency);
    }

    /// <summary>CPU time per message.</summary>
    public double CpuNanosecondsFor(long messages) => CpuSeconds * 1e9 / Math.Max(1, messages);

    /// <summary>Of two processes together.</summary>
    public static ResourceUsage operator +(ResourceUsage one, ResourceUsage other) => one - (default(ResourceUsage) - other);

    public static ResourceUsage operator -(ResourceUsage end, ResourceUsage start) => new(
        end.CpuSeconds - start.CpuSeconds, end.MinorFaults - start.MinorFaults, end.MajorFaults - start.MajorFaults,
        end.VoluntarySwitches - start.VoluntarySwitches, end.InvoluntarySwitches - start.InvoluntarySwitches,
        end.AllocatedBytes - start.AllocatedBytes, end.Seconds - start.Seconds);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int getrusage(int who, long* usage);
}
