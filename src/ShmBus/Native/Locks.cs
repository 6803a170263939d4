using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>
/// Locks of open file descriptions, and seals. Such a lock belongs to the description, not to the process:
/// the kernel frees it when the last descriptor of the description is closed, at the latest when the process dies.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int F_OFD_GETLK = 36;
    internal const int F_OFD_SETLK = 37;
    internal const short F_RDLCK = 0;
    internal const short F_WRLCK = 1;
    internal const short F_UNLCK = 2;
    internal const short SEEK_SET = 0;

    /// <summary>The call that takes a lock, as errors name it.</summary>
    internal const string SetLock = "fcntl(F_OFD_SETLK)";

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct flock
    {
        [FieldOffset(0)] public short l_type;
        [FieldOffset(2)] public short l_whence;
        [FieldOffset(8)] public long l_start;
        [FieldOffset(16)] public long l_len;
        [FieldOffset(24)] public int l_pid;
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fcntl(SafeFileHandle fd, int command, flock* argument);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fcntl(SafeFileHandle fd, int command, nint argument);

    /// <summary>Takes the lock on one byte. False when another description holds it.</summary>
    internal static bool TryLockByte(SafeFileHandle fd, long offset, string? path) => TryLock(fd, Range(F_WRLCK, offset, 1), path);

    /// <summary>Takes the lock on one byte, which others may share. False when another description holds it for itself.</summary>
    internal static bool TryShareByte(SafeFileHandle fd, long offset, string? path) => TryLock(fd, Range(F_RDLCK, offset, 1), path);

    /// <summary>Takes the lock on the whole file. False when another description holds a lock on any of its bytes.</summary>
    internal static bool TryLockAll(SafeFileHandle fd, string? path) => TryLock(fd, Range(F_WRLCK, 0, 0), path);

    /// <summary>Gives the lock on one byte back.</summary>
    internal static void UnlockByte(SafeFileHandle fd, long offset)
    {
        flock range = Range(F_UNLCK, offset, 1);
        Syscall.Check(fcntl(fd, F_OFD_SETLK, &range), SetLock);
    }

    /// <summary>
    /// Whether another description holds the lock on one byte for itself. A lock of one's own description is never reported. Nor is one
    /// that can be shared: who may only read can take such a one.
    /// </summary>
    internal static bool IsByteLocked(SafeFileHandle fd, long offset) =>
        FindLock(fd, Range(F_RDLCK, offset, 1)).l_type != F_UNLCK;

    /// <summary>A lock that another description holds on any byte of the file; its type is F_UNLCK where there is none.</summary>
    internal static flock FindLock(SafeFileHandle fd) => FindLock(fd, Range(F_WRLCK, 0, 0));

    internal static int AddSeals(SafeFileHandle fd, int seals) => fcntl(fd, F_ADD_SEALS, seals);

    internal static int GetSeals(SafeFileHandle fd) => fcntl(fd, F_GET_SEALS, 0);

    private static bool TryLock(SafeFileHandle fd, flock range, string? path)
    {
        if (Syscall.Retry((fd, (nint)(&range)), static a => fcntl(a.fd, F_OFD_SETLK, (flock*)a.Item2)) == 0)
        {
            return true;
        }
        ErrorNumber error = Syscall.LastError;
        return error is ErrorNumber.EAGAIN or ErrorNumber.EACCES ? false : throw ErrnoException.From(error, SetLock, path);
    }

    private static flock FindLock(SafeFileHandle fd, flock range)
    {
        Syscall.Check(fcntl(fd, F_OFD_GETLK, &range), "fcntl(F_OFD_GETLK)");
        return range;
    }

    // A length of 0 means to the end, however far the file grows. l_pid must be 0, or the kernel answers EINVAL.
    private static flock Range(short type, long offset, long length) =>
        new() { l_type = type, l_whence = SEEK_SET, l_start = offset, l_len = length };
}
