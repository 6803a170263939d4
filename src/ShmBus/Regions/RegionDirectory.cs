using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// The directory that regions lie in, held open: everything in it is reached through the descriptor, so that nobody can
/// exchange the directory between two steps.
/// </summary>
internal sealed class RegionDirectory : IDisposable
{
    private readonly FileId _id;

    private RegionDirectory(SafeFileHandle handle, string path, FileId id)
    {
        Handle = handle;
        Path = path;
        _id = id;
    }

    /// <summary>A place to go on from, opened with O_PATH: to look around in it would take a right that is not needed.</summary>
    internal SafeFileHandle Handle { get; }

    internal string Path { get; }

    /// <summary>Whether the path still leads to it. One system call.</summary>
    internal bool IsInPlace => Libc.Lstat(Path) is FileStatus found && found.Id == _id;

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
    /// <param name="inherits">Where it is made: what is made in it gets its group.</param>
    internal static RegionDirectory Open(string path, bool create, RegionOptions options, bool inherits = false)
    {
        SafeFileHandle handle = OpenHandle(path);
        if (handle.IsInvalid && create && Syscall.LastError == ErrorNumber.ENOENT)
        {
            RegionDirectoryFactory.Make(path, options, inherits);
            handle = OpenHandle(path);
        }
        if (handle.IsInvalid)
        {
            throw Refusal(Syscall.LastError, path);
        }
        try
        {
            FileStatus status = Libc.Fstat(handle, path);
            RegionTrust.CheckDirectory(status, path, options);
            return new RegionDirectory(handle, path, status.Id);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>A directory by its path, without following a link in the last part. The handle is invalid when the call failed.</summary>
    internal static SafeFileHandle OpenHandle(string path) => Libc.Open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);

    /// <summary>The same directory, for an owner of its own.</summary>
    internal RegionDirectory Share()
    {
        SafeFileHandle handle = Libc.Duplicate(Handle);
        return handle.IsInvalid
            ? throw ErrnoException.From(Syscall.LastError, "fcntl(F_DUPFD_CLOEXEC)", Path)
            : new RegionDirectory(handle, Path, _id);
    }

    internal string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The names of all that is in it.</summary>
    internal List<string> Names()
    {
        using Borrowed directory = new(Handle);
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(Libc.ProcPath(directory.Fd)).Select(static entry => System.IO.Path.GetFileName(entry))];
        }
        catch (UnauthorizedAccessException)
        {
            throw ErrnoException.From(ErrorNumber.EACCES, "opendir", Path);
        }
    }

    /// <summary>
    /// Finds a regular file without doing anything to it: to open a device can do something, and to open a pipe can wait.
    /// </summary>
    /// <returns>A descriptor opened with O_PATH.</returns>
    /// <exception cref="NotFoundErrnoException">Nothing has that name.</exception>
    /// <exception cref="RegionTypeException">It is something else.</exception>
    internal SafeFileHandle Find(string name)
    {
        SafeFileHandle found = Libc.OpenAt(Handle, name, Libc.O_PATH | Libc.O_NOFOLLOW);
        if (found.IsInvalid)
        {
            throw ErrnoException.From(Syscall.LastError, "openat", PathOf(name));
        }
        try
        {
            FileStatus status = Libc.Fstat(found, PathOf(name));
            return status.IsRegularFile ? found : throw new RegionTypeException(PathOf(name), $"it is {status.TypeName}; expected a regular file");
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    /// <summary>Whether a name leads to a file that was found by it.</summary>
    internal bool Leads(string name, FileId file) => Libc.Lstat(Handle, name, PathOf(name)) is FileStatus found && found.Id == file;

    /// <summary>Takes a name away. No matter when it is gone already.</summary>
    internal void Remove(string name)
    {
        if (Libc.unlinkat(Handle, name, 0) < 0 && Syscall.LastError is ErrorNumber error and not ErrorNumber.ENOENT)
        {
            throw ErrnoException.From(error, "unlinkat", PathOf(name));
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

    private static IOException Refusal(ErrorNumber error, string path) =>
        error is ErrorNumber.ENOTDIR or ErrorNumber.ELOOP && Libc.Lstat(path) is FileStatus { IsDirectory: false } found
            ? new RegionTypeException(path, $"it is {found.TypeName}; expected a directory")
            : ErrnoException.From(error, "open", path);

    public void Dispose() => Handle.Dispose();
}
