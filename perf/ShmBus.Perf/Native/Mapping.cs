using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>What a program can ask of its mappings.</summary>
internal static unsafe partial class Mapping
{
    private const int MADV_POPULATE_WRITE = 23;
    private const int MADV_COLLAPSE = 25;
    private const int MS_ASYNC = 1;
    private const int MS_SYNC = 4;

    /// <summary>All pages are there and can be written from now on.</summary>
    public static void Populate(byte* start, long length) => Check(madvise(start, (nint)length, MADV_POPULATE_WRITE), "madvise(MADV_POPULATE_WRITE)");

    /// <summary>All pages are gathered into huge ones.</summary>
    public static void Collapse(byte* start, long length) => Check(madvise(start, (nint)length, MADV_COLLAPSE), "madvise(MADV_COLLAPSE)");

    public static void Sync(byte* start, long length, bool isWaitedFor) => Check(msync(start, (nint)length, isWaitedFor ? MS_SYNC : MS_ASYNC), "msync");

    private static void Check(int result, string operation)
    {
        if (result < 0)
            throw Errno.Of(operation);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(byte* start, nint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int msync(byte* start, nint length, int flags);
}
