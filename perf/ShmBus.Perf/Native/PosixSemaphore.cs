using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>A POSIX semaphore in memory that processes share. .NET's Semaphore is for one process only on Linux.</summary>
internal static unsafe partial class PosixSemaphore
{
    /// <summary>Why there are none here, or null.</summary>
    public static string? Missing => CLibrary.Has("sem_init") ? null : "the C library has no semaphores: it takes glibc 2.34 or later, or musl";

    /// <param name="semaphore">32 bytes, for as long as it is used.</param>
    /// <param name="count">What it starts with.</param>
    public static void Make(byte* semaphore, int count)
    {
        if (sem_init(semaphore, 1, (uint)count) < 0)
            throw Errno.Of("sem_init");
    }

    public static void Wait(byte* semaphore)
    {
        while (sem_wait(semaphore) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                throw Errno.Of("sem_wait");
        }
    }

    public static void Post(byte* semaphore)
    {
        if (sem_post(semaphore) < 0)
            throw Errno.Of("sem_post");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sem_init(byte* semaphore, int shared, uint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sem_wait(byte* semaphore);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sem_post(byte* semaphore);
}
