using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>Waiting for any of many descriptors: epoll. Each is known by a number of the caller's own.</summary>
internal static unsafe partial class Libc
{
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    internal const uint EPOLLIN = 0x1;
    internal const uint EPOLLONESHOT = 0x40000000;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int epoll_ctl(SafeFileHandle epoll, int operation, SafeFileHandle fd, byte* @event);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int epoll_wait(SafeFileHandle epoll, byte* events, int count, int timeout);

    /// <summary>A new set of descriptors, closed on exec. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle EpollCreate() => new(epoll_create1(EPOLL_CLOEXEC), ownsHandle: true);

    /// <summary>Adds a descriptor to a set, changes what it is waited for, or takes it out.</summary>
    /// <param name="epoll">The set.</param>
    /// <param name="operation">One of EPOLL_CTL_...</param>
    /// <param name="fd">The descriptor.</param>
    /// <param name="events">What to wait for.</param>
    /// <param name="number">By what to know it.</param>
    internal static void EpollControl(SafeFileHandle epoll, int operation, SafeFileHandle fd, uint events, ulong number)
    {
        // No struct: on x64 it is packed, on arm64 it is not.
        byte* entry = stackalloc byte[EPOLL_EVENT_SIZE];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + EPOLL_EVENT_DATA, number);
        Syscall.Check(epoll_ctl(epoll, operation, fd, entry), "epoll_ctl");
    }

    /// <summary>Waits for any of a set. Returns also at a signal and when the time is over: the caller looks again.</summary>
    /// <param name="epoll">The set.</param>
    /// <param name="numbers">Gets the numbers of those that are there; of more than fit, the next call tells.</param>
    /// <param name="milliseconds">How long at most, or -1 for without end.</param>
    /// <returns>How many there are.</returns>
    internal static int EpollWait(SafeFileHandle epoll, Span<ulong> numbers, int milliseconds)
    {
        byte* events = stackalloc byte[numbers.Length * EPOLL_EVENT_SIZE];
        int count = epoll_wait(epoll, events, numbers.Length, milliseconds);
        if (count < 0)
        {
            return Syscall.LastError == ErrorNumber.EINTR ? 0 : throw ErrnoException.From(Syscall.LastError, "epoll_wait");
        }
        for (int i = 0; i < count; i++)
        {
            numbers[i] = Unsafe.ReadUnaligned<ulong>(events + i * EPOLL_EVENT_SIZE + EPOLL_EVENT_DATA);
        }
        return count;
    }
}
