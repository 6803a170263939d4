using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>Making, opening, sizing and naming files: open, openat, memfd_create, fallocate, linkat, fstat and their kin.</summary>
internal static unsafe partial class Libc
{
    internal const int O_RDONLY = 0x0;
    internal const int O_RDWR = 0x2;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;

    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_FOLLOW = 0x400;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_REMOVEDIR = 0x200;

    internal const uint RENAME_NOREPLACE = 0x1;
    internal const uint RENAME_EXCHANGE = 0x2;

    internal const uint MFD_CLOEXEC = 0x1;
    internal const uint MFD_ALLOW_SEALING = 0x2;

    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int F_GET_SEALS = 1034;
    internal const int F_ADD_SEALS = 1033;
    internal const int F_SEAL_SEAL = 0x1;
    internal const int F_SEAL_SHRINK = 0x2;
    internal const int F_SEAL_GROW = 0x4;

    internal const ushort S_IFMT = 0xF000;
    internal const ushort S_IFIFO = 0x1000;
    internal const ushort S_IFCHR = 0x2000;
    internal const ushort S_IFDIR = 0x4000;
    internal const ushort S_IFBLK = 0x6000;
    internal const ushort S_IFREG = 0x8000;
    internal const ushort S_IFLNK = 0xA000;
    internal const ushort S_IFSOCK = 0xC000;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(int directory, string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int fallocate(SafeFileHandle fd, int mode, long offset, long length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int linkat(int oldDirectory, string oldPath, SafeFileHandle newDirectory, string newPath, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(SafeFileHandle directory, string path, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(int directory, string path, int flags);

    // By its number: not every musl has a function for it.
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long syscall_renameat2(long number, int oldDirectory, string oldPath, int newDirectory, string newPath, uint flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdirat(int directory, string path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmod(SafeFileHandle fd, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchown(SafeFileHandle fd, uint owner, uint group);

    /// <summary>Takes a descriptor that was opened with O_PATH too, where the path is empty and the flags say AT_EMPTY_PATH.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int fchownat(SafeFileHandle directory, string path, uint owner, uint group, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int futimens(SafeFileHandle fd, nint times);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsync(SafeFileHandle fd);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint pread(SafeFileHandle fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle fd, byte* buffer, nuint count, long offset);

    /// <summary>Opens a path; the flags get O_CLOEXEC. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle Open(string path, int flags, uint mode = 0) =>
        new((nint)Syscall.Retry((path, flags, mode), static a => open(a.path, a.flags | O_CLOEXEC, a.mode)), ownsHandle: true);

    /// <summary>Opens a name in a directory; the flags get O_CLOEXEC. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle OpenAt(SafeFileHandle directory, string name, int flags, uint mode = 0)
    {
        using Borrowed at = new(directory);
        return new((nint)Syscall.Retry((at.Fd, name, flags, mode), static a => openat(a.Fd, a.name, a.flags | O_CLOEXEC, a.mode)), ownsHandle: true);
    }

    /// <summary>Another descriptor of the same description. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle Duplicate(SafeFileHandle fd) => new(fcntl(fd, F_DUPFD_CLOEXEC, 0), ownsHandle: true);

    /// <summary>Makes an anonymous file that can be sealed, closed on exec. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle MemfdCreate(string name) =>
        new(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), ownsHandle: true);

    /// <summary>Gives what a path names another path, which must be free; negative when it failed.</summary>
    internal static long RenameToFree(string oldPath, string newPath) =>
        syscall_renameat2(SYS_renameat2, AT_FDCWD, oldPath, AT_FDCWD, newPath, RENAME_NOREPLACE);

    /// <summary>Exchanges what two paths name; negative when it failed.</summary>
    internal static long Exchange(string path, string other) =>
        syscall_renameat2(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE);

    /// <summary>Gives a file its size and reserves every byte of it.</summary>
    internal static long Fallocate(SafeFileHandle fd, long length)
    {
        if (!MayMakeFileOf(length))
        {
            Marshal.SetLastPInvokeError((int)ErrorNumber.EFBIG);
            return -1;
        }
        return Syscall.Retry((fd, length), static a => fallocate(a.fd, 0, 0, a.length));
    }

    /// <summary>Reads up to the length of the buffer; returns fewer bytes at the end of the file.</summary>
    internal static long Read(SafeFileHandle fd, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            return Syscall.Retry((fd, (nint)start, buffer.Length, offset), static a => pread(a.fd, (byte*)a.Item2, (nuint)a.Length, a.offset));
        }
    }

    /// <summary>Writes up to the length of the buffer.</summary>
    internal static long Write(SafeFileHandle fd, ReadOnlySpan<byte> buffer, long offset)
    {
        if (!MayMakeFileOf(offset + buffer.Length))
        {
            Marshal.SetLastPInvokeError((int)ErrorNumber.EFBIG);
            return -1;
        }
        fixed (byte* start = buffer)
        {
            return Syscall.Retry((fd, (nint)start, buffer.Length, offset), static a => pwrite(a.fd, (byte*)a.Item2, (nuint)a.Length, a.offset));
        }
    }

    /// <summary>The path under /proc that leads to an open file itself, also when it has no name any more.</summary>
    internal static string ProcPath(int fd) => $"/proc/self/fd/{fd}";
}
