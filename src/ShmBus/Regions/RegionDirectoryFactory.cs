using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// Makes directories for regions in an order in which nobody ever meets a half-made one: under another name, with its group and its
/// mode, and named last. Else others of the group would be refused between two steps, and for ever if the maker was killed there.
/// </summary>
/// <remarks>
/// Whoever is killed on the way leaves an empty directory, which the next of the same user goes on with: all that make the same
/// one use the same other name. One of them gives it its name; the others find nothing to name any more.
/// </remarks>
internal static class RegionDirectoryFactory
{
    private const uint OwnerOnly = 0b111_000_000;

    /// <summary>Makes a directory, unless another does so first.</summary>
    /// <param name="path">The directory; all but the last part is there.</param>
    /// <param name="options">Who is let in.</param>
    /// <param name="inherits">What is made in it gets its group.</param>
    internal static void Make(string path, RegionOptions options, bool inherits)
    {
        string unfinished = UnfinishedPath(path);
        if (Libc.mkdirat(Libc.AT_FDCWD, unfinished, OwnerOnly) < 0 && Syscall.LastError is ErrorNumber refusal and not ErrorNumber.EEXIST)
        {
            throw ErrnoException.From(refusal, "mkdir", path);
        }
        using SafeFileHandle handle = RegionDirectory.OpenHandle(unfinished);
        if (!handle.IsInvalid)
        {
            LetIn(handle, unfinished, options, inherits);
        }
        else if (Syscall.LastError is ErrorNumber error and not ErrorNumber.ENOENT)
        {
            throw ErrnoException.From(error, "open", unfinished);
        }
        Name(unfinished, path);
    }

    // It begins with '.', so it is never that of a bus, whose name follows a '.' as well.
    private static string UnfinishedPath(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new-{Libc.geteuid()}");

    /// <summary>Group and mode, as asked for, whatever the umask is.</summary>
    private static void LetIn(SafeFileHandle handle, string path, RegionOptions options, bool inherits)
    {
        FileStatus status = Libc.Fstat(handle, path);
        if (status.Owner != Libc.geteuid())
        {
            throw new RegionOwnerException(path, $"it belongs to user {status.Owner}, and is in the way of a directory that is to be made; expected user {Libc.geteuid()}");
        }
        if (options.SharesWithGroup && options.Group is uint group)
        {
            Syscall.Check(Libc.fchownat(handle, "", uint.MaxValue, group, Libc.AT_EMPTY_PATH), "fchownat", path);
        }
        UnixFileMode setGroup = inherits ? UnixFileMode.SetGroup : status.Mode & UnixFileMode.SetGroup;
        using Borrowed directory = new(handle);
        Syscall.Check(Libc.chmod(Libc.ProcPath(directory.Fd), (uint)(options.DirectoryMode | setGroup)), "chmod", path);
    }

    private static void Name(string unfinished, string path)
    {
        if (Libc.RenameToFree(unfinished, path) < 0)
        {
            ErrorNumber error = Syscall.LastError;
            if (error == ErrorNumber.EEXIST)
            {
                // Another was first. Whoever else has this one open finds nothing to name, either.
                _ = Libc.unlinkat(Libc.AT_FDCWD, unfinished, Libc.AT_REMOVEDIR);
            }
            else if (error != ErrorNumber.ENOENT)
            {
                throw ErrnoException.From(error, "renameat2", path);
            }
        }
    }
}
