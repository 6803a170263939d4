using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>Counters that can be waited for among other descriptors: eventfd. None of these calls blocks but the wait.</summary>
internal static unsafe partial class Libc
{
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd(uint count, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd_read(SafeFileHandle fd, ulong* value);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd_write(SafeFileHandle fd, ulong value);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int ppoll(pollfd* fds, nuint count, timespec* timeout, nint signals);

    /// <summary>A new eventfd with a count of 0, not blocking, closed on exec. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle Eventfd() => new(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ownsHandle: true);

    /// <summary>Whether a descriptor is an eventfd that does not block.</summary>
    internal static bool IsEventfd(SafeFileHandle fd)
    {
        using Borrowed file = new(fd);
        return new FileInfo(ProcPath(file.Fd)).LinkTarget == "anon_inode:[eventfd]" && (fcntl(fd, F_GETFL, 0) & EFD_NONBLOCK) != 0;
    }

    /// <summary>Adds 1 to the count, which wakes whoever waits for it. One that is full wakes as it is.</summary>
    internal static void SignalEventfd(SafeFileHandle fd)
    {
        if (Syscall.Retry(fd, static fd => eventfd_write(fd, 1)) < 0 && Syscall.LastError != ErrorNumber.EAGAIN)
        {
            throw ErrnoException.From(Syscall.LastError, "write(eventfd)");
        }
    }

    /// <summary>Takes the count back to 0, whatever it is.</summary>
    internal static void DrainEventfd(SafeFileHandle fd)
    {
        ulong count;
        if (Syscall.Retry((fd, (nint)(&count)), static a => eventfd_read(a.fd, (ulong*)a.Item2)) < 0 && Syscall.LastError != ErrorNumber.EAGAIN)
        {
            throw ErrnoException.From(Syscall.LastError, "read(eventfd)");
        }
    }

    /// <summary>Waits until the count is not 0. Returns also at a signal and when the time is over: the caller looks again.</summary>
    /// <param name="fd">The eventfd.</param>
    /// <param name="nanoseconds">How long at most, or negative for without end.</param>
    /// <returns>Whether the count is not 0.</returns>
    internal static bool WaitEventfd(SafeFileHandle fd, long nanoseconds)
    {
        using Borrowed file = new(fd);
        pollfd entry = new() { fd = file.Fd, events = POLLIN };
        timespec limit = new() { tv_sec = nanoseconds / 1_000_000_000, tv_nsec = nanoseconds % 1_000_000_000 };
        int count = ppoll(&entry, 1, nanoseconds < 0 ? null : &limit, 0);
        return count >= 0 ? count > 0
            : Syscall.LastError == ErrorNumber.EINTR ? false
            : throw ErrnoException.From(Syscall.LastError, "ppoll");
    }
}
