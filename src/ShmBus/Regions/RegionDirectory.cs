using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// The directory that regions lie in, held open: everything in it is reached through the descriptor, so that nobody can
/// exchange the directory between two steps.
/// </summary>
internal sealed class RegionDirectory : IDisposable
{
    private const UnixFileMode PrivateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private RegionDirectory(SafeFileHandle handle, string path)
    {
        Handle = handle;
        Path = path;
    }

    internal SafeFileHandle Handle { get; }

    internal string Path { get; }

    /// <summary>The directory of a file's path.</summary>
    /// <exception cref="ArgumentException">The path does not name a file.</exception>
    internal static string Of(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        if (System.IO.Path.GetFileName(full).Length == 0 || path.Contains('\0'))
        {
            throw new ArgumentException($"'{path}' does not name a file.", nameof(path));
        }
        return System.IO.Path.GetDirectoryName(full)!;
    }

    /// <summary>Opens a directory and checks that nobody but its owner, root and those who were let in on purpose can change it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="create">Make the last part of the path, for the owner only, where it is missing.</param>
    /// <param name="sharesWithGroup">A group was let in on purpose.</param>
    internal static RegionDirectory Open(string path, bool create, bool sharesWithGroup)
    {
        // mkdir answers EEXIST for what is there; whatever else is wrong, opening says it better.
        if (create && !Directory.Exists(path))
        {
            _ = Libc.mkdirat(Libc.AT_FDCWD, path, (uint)(sharesWithGroup ? PrivateMode | RegionOptions.GroupAccess | UnixFileMode.GroupExecute : PrivateMode));
        }
        SafeFileHandle handle = Libc.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (handle.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "open", path);
        }
        try
        {
            CheckOwner(Libc.Fstat(handle, path), path, sharesWithGroup);
            return new RegionDirectory(handle, path);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void CheckOwner(FileStatus status, string path, bool sharesWithGroup)
    {
        uint self = Libc.geteuid();
        if (status.Owner != self && status.Owner != 0 && !sharesWithGroup)
        {
            throw new RegionOwnerException(path, $"the directory belongs to user {status.Owner}; expected user {self} or root");
        }
        // In a directory with the sticky bit, such as /dev/shm itself, nobody can remove or rename the files of others.
        UnixFileMode tooOpen = status.Mode & (UnixFileMode.OtherWrite | (sharesWithGroup ? 0 : UnixFileMode.GroupWrite));
        if (tooOpen != 0 && (status.Mode & UnixFileMode.StickyBit) == 0)
        {
            throw new RegionOwnerException(path, $"the directory has mode {Convert.ToString((int)status.Mode, 8)}, which lets others exchange files in it");
        }
    }

    public void Dispose() => Handle.Dispose();
}
