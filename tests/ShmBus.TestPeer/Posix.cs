using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>What changes the whole process, and so has to be done in a process of its own.</summary>
internal static unsafe partial class Posix
{
    private const int RLIMIT_MEMLOCK = 8;

    internal static void SetUmask(uint mask) => _ = umask(mask);

    /// <summary>From now on no longer root, nor of any of its groups, nor with any of its capabilities.</summary>
    internal static void BecomeUser(uint id)
    {
        uint group = id;
        Check(setgroups(1, &group), "setgroups");
        Check(setgid(id), "setgid");
        Check(setuid(id), "setuid");
    }

    internal static bool IsRoot => geteuid() == 0;

    internal static void LimitLockedMemory(ulong bytes)
    {
        ulong* limits = stackalloc ulong[2] { bytes, bytes };
        Check(setrlimit(RLIMIT_MEMLOCK, limits), "setrlimit");
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgroups(nuint count, uint* groups);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setgid(uint id);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setuid(uint id);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limits);
}
