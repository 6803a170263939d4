using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>What this process may have at most: getrlimit.</summary>
internal static unsafe partial class Libc
{
    internal const int RLIMIT_FSIZE = 1;
    internal const int RLIMIT_NOFILE = 7;

    [StructLayout(LayoutKind.Sequential)]
    internal struct rlimit
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial int getrlimit(int resource, rlimit* limit);

    /// <summary>Whether a descriptor is among the last ones that this process may have: a new one has the least number that is free.</summary>
    internal static bool IsAmongLast(nint descriptor, int count)
    {
        rlimit limit;
        return getrlimit(RLIMIT_NOFILE, &limit) == 0 && (ulong)descriptor + (ulong)count >= limit.rlim_cur;
    }

    /// <summary>
    /// Whether this process may make a file that large, or write so far into one. To be asked first: the kernel does not leave it at an errno, it sends
    /// SIGXFSZ, which ends the process.
    /// </summary>
    private static bool MayMakeFileOf(long length)
    {
        rlimit limit;
        return getrlimit(RLIMIT_FSIZE, &limit) < 0 || length < 0 || (ulong)length <= limit.rlim_cur;
    }
}
