namespace ShmBus.Regions;

/// <summary>How a region is made and mapped. What does not change its layout may differ from process to process.</summary>
/// <param name="PopulateLimit">Page tables are filled in advance up to this many bytes; 0 for never.</param>
/// <param name="Lock">Keep the pages in memory: mlock.</param>
/// <param name="HugePages">Gather the pages into huge ones: MADV_COLLAPSE.</param>
/// <param name="Mode">Permission bits of a new file.</param>
/// <param name="Group">Group of a new file; null leaves it to the directory.</param>
/// <param name="TrustPeers">Messages are read where they stand, and sleeps end only when somebody wakes.</param>
internal sealed record RegionOptions(long PopulateLimit, bool Lock, bool HugePages, UnixFileMode Mode, uint? Group, bool TrustPeers = true)
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    internal const UnixFileMode GroupAccess = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    internal static readonly RegionOptions Default = new(4 << 20, false, false, OwnerOnly, null);

    /// <summary>Whether others than the owner were let in on purpose, so that their files are acceptable too.</summary>
    internal bool SharesWithGroup => (Mode & GroupAccess) != 0;

    /// <summary>Names what is wrong with what a user set.</summary>
    internal static IEnumerable<string> FindProblems(UnixFileMode mode, int? group)
    {
        if (mode is not (OwnerOnly or OwnerOnly | UnixFileMode.GroupRead or OwnerOnly | GroupAccess))
        {
            yield return $"{nameof(Mode)} is {Convert.ToString((int)mode, 8)}; expected 600, 640 or 660 (octal): the owner reads and writes, the group may, others never.";
        }
        if (group < 0)
        {
            yield return $"{nameof(Group)} is {group}; expected the id of a group.";
        }
    }

    /// <exception cref="ArgumentException">There is a problem: the first one.</exception>
    internal static void ThrowFirst(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            throw new ArgumentException(problem);
        }
    }

    /// <summary>Permission bits of a directory that is made for a file: whoever may read or write it may enter, whoever may write it may make others.</summary>
    internal UnixFileMode DirectoryMode => Mode | UnixFileMode.UserExecute | (SharesWithGroup ? UnixFileMode.GroupExecute : 0);
}

/// <summary>A region option that was asked for and that the system refused; the region works without it.</summary>
/// <param name="Option">The option by its name.</param>
/// <param name="Reason">The call that failed, why, and what to do.</param>
public sealed record RefusedOption(string Option, string Reason);

/// <summary>Whether the name of a region still leads to it.</summary>
public enum RegionName
{
    /// <summary>The region never had a name.</summary>
    Anonymous,

    /// <summary>The name leads to this region.</summary>
    Intact,

    /// <summary>The name is gone: processes that come later make another region, and do not meet this one.</summary>
    Removed,

    /// <summary>The name leads to another file: processes that come later meet that one.</summary>
    Replaced,
}

/// <summary>How far written data is brought before <c>Flush</c> returns.</summary>
public enum Durability
{
    /// <summary>Shared memory: survives the death of every process, not that of the machine. Costs nothing.</summary>
    Process,

    /// <summary>Handed to the kernel to write at its leisure (<c>msync(MS_ASYNC)</c>, which on Linux starts nothing by itself).</summary>
    Scheduled,

    /// <summary>On the disk when the call returns (<c>msync(MS_SYNC)</c>): about a millisecond. Without effect on tmpfs, which has no disk.</summary>
    Disk,
}
