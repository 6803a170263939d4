using System.Globalization;

namespace ShmBus.Perf.Native;

/// <summary>What this process has in memory, as the kernel and the runtime tell it.</summary>
/// <param name="ResidentBytes">Pages that it has mapped and that are in memory, shared ones included.</param>
/// <param name="PrivateBytes">Those of them that are its own: heaps, stacks.</param>
/// <param name="SharedMappedBytes">Address space that leads to memory others may share, touched or not; without the runtime's own. What is mapped twice counts twice.</param>
/// <param name="ManagedBytes">Objects that live, after a collection.</param>
internal readonly record struct MemoryUse(long ResidentBytes, long PrivateBytes, long SharedMappedBytes, long ManagedBytes)
{
    public static MemoryUse Now()
    {
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        Dictionary<string, string> status = File.ReadLines("/proc/self/status").Select(line => line.Split(':')).ToDictionary(pair => pair[0], pair => pair[1]);
        return new MemoryUse(Bytes(status, "VmRSS"), Bytes(status, "RssAnon"), File.ReadLines("/proc/self/maps").Sum(SharedBytes), managed);
    }

    public static MemoryUse operator -(MemoryUse end, MemoryUse start) => new(
        end.ResidentBytes - start.ResidentBytes, end.PrivateBytes - start.PrivateBytes,
        end.SharedMappedBytes - start.SharedMappedBytes, end.ManagedBytes - start.ManagedBytes);

    // As in '   12345 kB'.
    private static long Bytes(Dictionary<string, string> status, string name) => 1024 * long.Parse(status[name].AsSpan().Trim()[..^" kB".Length], CultureInfo.InvariantCulture);

    // As in '7f00-7f10 rw-s 00000000 00:01 1234  /dev/shm/name'. The runtime maps what it compiles twice, and assemblies as they are.
    private static long SharedBytes(string line)
    {
        string[] fields = line.Split(' ');
        if (fields[1][3] != 's' || line.Contains("doublemapper", StringComparison.Ordinal) || line.EndsWith(".dll", StringComparison.Ordinal))
            return 0;
        string[] ends = fields[0].Split('-');
        return Address(ends[1]) - Address(ends[0]);
    }

    private static long Address(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
