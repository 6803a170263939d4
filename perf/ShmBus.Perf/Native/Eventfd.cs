using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

internal static partial class Eventfd
{
    /// <summary>An eventfd that processes which are started inherit. A read takes the whole count, and waits while that is 0.</summary>
    public static int Make(int count)
    {
        int descriptor = eventfd((uint)count, 0);
        return descriptor >= 0 ? descriptor : throw Errno.Of("eventfd");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint count, int flags);
}
