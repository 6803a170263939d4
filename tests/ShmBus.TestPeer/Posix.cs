using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.TestPeer;

/// <summary>What changes the whole process, and so has to be done in a process of its own.</summary>
internal static unsafe partial class Posix
{
    private const int RLIMIT_MEMLOCK = 8;
    private const int FALLOC_FL_KEEP_SIZE = 1;
    private const int FALLOC_FL_PUNCH_HOLE = 2;

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

    /// <summary>Truncates or extends; returns the errno, 0 for none.</summary>
    internal static int Truncate(SafeFileHandle file, long length) => ftruncate(file, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Reserves bytes, also beyond the end; returns the errno, 0 for none.</summary>
    internal static int Allocate(SafeFileHandle file, long offset, long length) =>
        fallocate(file, 0, offset, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Takes a part of a file away, which leaves zeros there; its size stays.</summary>
    internal static void PunchHole(SafeFileHandle file, long offset, long length) =>
        Check(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length), "fallocate");

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
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ulong* limits);
}
