using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Native;

/// <summary>
/// What fstat tells about a file. Asked through the statx call, because struct stat differs between the architectures and
/// fstat itself is not exported by glibc before 2.33; struct statx is the same everywhere.
/// </summary>
internal static unsafe partial class Libc
{
    internal const uint STATX_BASIC_STATS = 0x7FF;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct statx
    {
        [FieldOffset(0)] public uint stx_mask;
        [FieldOffset(16)] public uint stx_nlink;
        [FieldOffset(20)] public uint stx_uid;
        [FieldOffset(24)] public uint stx_gid;
        [FieldOffset(28)] public ushort stx_mode;
        [FieldOffset(32)] public ulong stx_ino;
        [FieldOffset(40)] public ulong stx_size;
        [FieldOffset(48)] public ulong stx_blocks;
        [FieldOffset(136)] public uint stx_dev_major;
        [FieldOffset(140)] public uint stx_dev_minor;
    }

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long syscall_statx(long number, int directory, string path, int flags, uint mask, statx* status);

    /// <summary>fstat: what is known about an open file.</summary>
    internal static FileStatus Fstat(SafeFileHandle fd, string? path)
    {
        using Borrowed file = new(fd);
        statx status;
        Syscall.Check(syscall_statx(SYS_statx, file.Fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status), "fstat", path);
        return new FileStatus(status);
    }

    /// <summary>lstat: what a path names, without following a symbolic link; null when it names nothing.</summary>
    internal static FileStatus? Lstat(string path) => LstatAt(AT_FDCWD, path, path);

    /// <summary>The same for a name in a directory.</summary>
    internal static FileStatus? Lstat(SafeFileHandle directory, string name, string path)
    {
        using Borrowed at = new(directory);
        return LstatAt(at.Fd, name, path);
    }

    private static FileStatus? LstatAt(int directory, string name, string path)
    {
        statx status;
        if (syscall_statx(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) == 0)
        {
            return new FileStatus(status);
        }
        ErrorNumber error = Syscall.LastError;
        return error is ErrorNumber.ENOENT or ErrorNumber.ENOTDIR ? null : throw ErrnoException.From(error, "lstat", path);
    }
}

/// <summary>Type, size, owner, mode and identity of a file at one moment.</summary>
internal readonly record struct FileStatus
{
    /// <summary>The unit of stx_blocks, whatever the block size of the file system is.</summary>
    private const ulong BytesPerBlock = 512;

    private readonly ushort _mode;

    internal FileStatus(in Libc.statx status)
    {
        _mode = status.stx_mode;
        Size = status.stx_size;
        AllocatedBytes = status.stx_blocks * BytesPerBlock;
        Owner = status.stx_uid;
        Group = status.stx_gid;
        Links = status.stx_nlink;
        Id = new FileId(status.stx_dev_major, status.stx_dev_minor, status.stx_ino);
    }

    internal ulong Size { get; }

    /// <summary>What the file takes up on its disk: less than its size where it has holes.</summary>
    internal ulong AllocatedBytes { get; }
    internal uint Owner { get; }
    internal uint Group { get; }
    internal uint Links { get; }
    internal FileId Id { get; }

    /// <summary>The permission bits, the sticky bit among them.</summary>
    internal UnixFileMode Mode => (UnixFileMode)(_mode & 0xFFF);

    internal bool IsDirectory => (_mode & Libc.S_IFMT) == Libc.S_IFDIR;

    internal bool IsRegularFile => (_mode & Libc.S_IFMT) == Libc.S_IFREG;

    internal bool IsSocket => (_mode & Libc.S_IFMT) == Libc.S_IFSOCK;

    internal string TypeName => (_mode & Libc.S_IFMT) switch
    {
        Libc.S_IFREG => "a regular file",
        Libc.S_IFDIR => "a directory",
        Libc.S_IFLNK => "a symbolic link",
        Libc.S_IFIFO => "a named pipe",
        Libc.S_IFCHR => "a character device",
        Libc.S_IFBLK => "a block device",
        Libc.S_IFSOCK => "a socket",
        _ => $"a file of type 0x{_mode & Libc.S_IFMT:x}",
    };
}

/// <summary>What tells one file from every other: its device and inode.</summary>
internal readonly record struct FileId(uint DeviceMajor, uint DeviceMinor, ulong Inode);
