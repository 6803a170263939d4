using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// The directory that regions lie in, held open: everything in it is reached through the descriptor, so that nobody can
/// exchange the directory between two steps.
/// </summary>
internal sealed class RegionDirectory : IDisposable
{
    private RegionDirectory(SafeFileHandle handle, string path)
    {
        Handle = handle;
        Path = path;
    }

    /// <summary>A place to go on from, opened with O_PATH: to look around in it would take a right that is not needed.</summary>
    internal SafeFileHandle Handle { get; }

    internal string Path { get; }

    /// <summary>The directory and the name of a file's path.</summary>
    /// <exception cref="ArgumentException">The path does not name a file.</exception>
    internal static (string Directory, string Name) Split(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = System.IO.Path.GetFullPath(path);
        string name = System.IO.Path.GetFileName(full);
        if (name.Length == 0)
        {
            throw new ArgumentException($"'{path}' does not name a file.", nameof(path));
        }
        return (System.IO.Path.GetDirectoryName(full)!, name);
    }

    /// <summary>Opens a directory and checks that nobody but its owner, root and those who were let in on purpose can change it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="create">Make the last part of the path, for the owner and who is let in, where it is missing.</param>
    /// <param name="options">Who is let in.</param>
    internal static RegionDirectory Open(string path, bool create, RegionOptions options)
    {
        // mkdir answers EEXIST for what is there; whatever else is wrong, opening says it better.
        bool isNew = create && Libc.mkdirat(Libc.AT_FDCWD, path, (uint)RegionOptions.Default.DirectoryMode) == 0;
        SafeFileHandle handle = Libc.Open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (handle.IsInvalid)
        {
            throw Refusal(Syscall.LastError, path);
        }
        try
        {
            FileStatus status = Libc.Fstat(handle, path);
            RegionTrust.CheckDirectory(status, path, isNew ? RegionOptions.Default : options);
            if (isNew)
            {
                LetIn(handle, path, options, inherited: status.Mode & UnixFileMode.SetGroup);
            }
            return new RegionDirectory(handle, path);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Brings the names in the directory to the disk, where there is one.</summary>
    internal void Sync()
    {
        using SafeFileHandle readable = Libc.OpenAt(Handle, ".", Libc.O_RDONLY | Libc.O_DIRECTORY);
        // Where this user may only enter and make files, they reach the disk some seconds later.
        if (!readable.IsInvalid)
        {
            Syscall.Check(Libc.fsync(readable), "fsync", Path);
        }
    }

    /// <summary>Group and mode of a new directory, as asked for, whatever the umask is.</summary>
    private static void LetIn(SafeFileHandle handle, string path, RegionOptions options, UnixFileMode inherited)
    {
        if (options.SharesWithGroup && options.Group is uint group)
        {
            Syscall.Check(Libc.fchownat(handle, "", uint.MaxValue, group, Libc.AT_EMPTY_PATH), "fchownat", path);
        }
        using Borrowed directory = new(handle);
        Syscall.Check(Libc.chmod(Libc.ProcPath(directory.Fd), (uint)(options.DirectoryMode | inherited)), "chmod", path);
    }

    private static IOException Refusal(ErrorNumber error, string path) =>
        error is ErrorNumber.ENOTDIR or ErrorNumber.ELOOP && Libc.Lstat(path) is FileStatus { IsDirectory: false } found
            ? new RegionTypeException(path, $"it is {found.TypeName}; expected a directory")
            : ErrnoException.From(error, "open", path);

    public void Dispose() => Handle.Dispose();
}
