using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>Being told when somebody closes a file, and waiting for that with a time limit: inotify and poll.</summary>
internal static unsafe partial class Libc
{
    internal const uint IN_ATTRIB = 0x4;
    internal const uint IN_CLOSE_WRITE = 0x8;
    internal const uint IN_MOVE_SELF = 0x800;
    internal const uint IN_Q_OVERFLOW = 0x4000;
    internal const int IN_CLOEXEC = 0x80000;
    internal const int IN_NONBLOCK = 0x800;
    internal const short POLLIN = 1;

    /// <summary>The fixed part of an event; a name of <c>len</c> bytes follows.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct inotify_event
    {
        public int wd;
        public uint mask;
        public uint cookie;
        public uint len;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inotify_add_watch(SafeFileHandle inotify, string path, uint mask);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int inotify_rm_watch(SafeFileHandle inotify, int watch);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int poll(pollfd* fds, nuint count, int timeout);

    /// <summary>A new queue of events, not blocking, closed on exec. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle InotifyInit() => new(inotify_init1(IN_CLOEXEC | IN_NONBLOCK), ownsHandle: true);

    /// <summary>Reads what is there; 0 when nothing is.</summary>
    internal static int ReadAvailable(SafeFileHandle fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            long count = Syscall.Retry((fd, (nint)start, buffer.Length), static a => read(a.fd, (byte*)a.Item2, (nuint)a.Length));
            return count >= 0 ? (int)count
                : Syscall.LastError == ErrorNumber.EAGAIN ? 0
                : throw ErrnoException.From(Syscall.LastError, "read");
        }
    }

    /// <summary>Waits until something can be read, or for the given milliseconds; -1 waits without limit.</summary>
    internal static void WaitReadable(SafeFileHandle fd, int milliseconds)
    {
        using Borrowed file = new(fd);
        pollfd entry = new() { fd = file.Fd, events = POLLIN };
        // An interrupted wait may end early: the caller looks again and waits anew.
        if (poll(&entry, 1, milliseconds) < 0 && Syscall.LastError != ErrorNumber.EINTR)
        {
            throw ErrnoException.From(Syscall.LastError, "poll");
        }
    }
}
