using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// Whether somebody who was not let in could have put a file or directory there, or could change it. Trusted are this user, root
/// and, where the options let a group in, the members of that group.
/// </summary>
internal static class RegionTrust
{
    /// <remarks>
    /// Reading is enough to do harm: who has the file open may hold read locks on the slots, which then nobody can take.
    /// </remarks>
    /// <exception cref="RegionOwnerException">The file belongs to somebody else, or others may read or write it.</exception>
    internal static void CheckFile(in FileStatus status, string path, RegionOptions options)
    {
        CheckOwner(status, path, options);
        UnixFileMode mostOpen = Allowed(status, options);
        if ((status.Mode & (RegionOptions.GroupAccess | UnixFileMode.OtherRead | UnixFileMode.OtherWrite) & ~mostOpen) != 0)
        {
            throw new RegionOwnerException(path,
                $"it has mode {Octal(status.Mode)} and group {status.Group}, which lets others read or write it; expected at most {Octal(mostOpen)}");
        }
    }

    /// <summary>Whether what a process handed over is that user's, and nobody else can open it by way of those who have it.</summary>
    /// <exception cref="RegionException">It is no file at all, or not that user's alone.</exception>
    internal static void CheckPassed(in FileStatus status, string path, uint owner)
    {
        if (!status.IsRegularFile)
        {
            throw new RegionTypeException(path, $"what was handed over is {status.TypeName}; expected a memfd", isPassed: true);
        }
        if (status.Owner != owner || status.Mode != RegionOptions.OwnerOnly)
        {
            throw new RegionOwnerException(path,
                $"it belongs to user {status.Owner} and has mode {Octal(status.Mode)}; expected user {owner}, who handed it over, and mode {Octal(RegionOptions.OwnerOnly)}", isPassed: true);
        }
    }

    /// <exception cref="RegionOwnerException">The directory belongs to somebody else, or others may exchange files in it.</exception>
    internal static void CheckDirectory(in FileStatus status, string path, RegionOptions options)
    {
        CheckOwner(status, path, options);
        // In a directory with the sticky bit, such as /dev/shm itself, nobody can remove or rename the files of others.
        UnixFileMode tooOpen = status.Mode & (UnixFileMode.OtherWrite | UnixFileMode.GroupWrite) & ~Allowed(status, options);
        if (tooOpen != 0 && (status.Mode & UnixFileMode.StickyBit) == 0)
        {
            throw new RegionOwnerException(path,
                $"the directory has mode {Octal(status.Mode)} and group {status.Group}, which lets others exchange files in it; expected at most {Octal(options.DirectoryMode)}");
        }
    }

    private static void CheckOwner(in FileStatus status, string path, RegionOptions options)
    {
        uint self = Libc.geteuid();
        if (status.Owner != self && status.Owner != 0 && !IsFromGroup(status, options))
        {
            string group = !options.SharesWithGroup ? "" : options.Group is uint expected ? $", or group {expected}" : ", or a group of this process";
            throw new RegionOwnerException(path,
                $"it belongs to user {status.Owner} and group {status.Group}; expected user {self} or root{group}");
        }
    }

    /// <summary>Whether it bears the group that was let in: without a name for it, one of this process's own.</summary>
    private static bool IsFromGroup(in FileStatus status, RegionOptions options) =>
        options.SharesWithGroup && (options.Group is uint group ? status.Group == group : Libc.IsInGroup(status.Group));

    /// <summary>Rights of the group mean something else when it is not the group that was let in.</summary>
    private static UnixFileMode Allowed(in FileStatus status, RegionOptions options) =>
        options.Group is uint group && status.Group != group ? options.Mode & ~RegionOptions.GroupAccess : options.Mode;

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);
}
