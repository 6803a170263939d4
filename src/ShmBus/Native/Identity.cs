using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>Who this process is: its user and its groups.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Library)]
    internal static partial uint geteuid();

    [LibraryImport(Library)]
    private static partial uint getegid();

    [LibraryImport(Library, SetLastError = true)]
    private static partial int getgroups(int count, uint* groups);

    /// <summary>Whether this process has the rights of a group's members.</summary>
    internal static bool IsInGroup(uint group)
    {
        if (getegid() == group)
        {
            return true;
        }
        uint[] groups = new uint[(int)Syscall.Check(getgroups(0, null), "getgroups")];
        fixed (uint* start = groups)
        {
            // They may have become fewer since, or more: then it fails.
            int count = (int)Syscall.Check(getgroups(groups.Length, start), "getgroups");
            return groups.AsSpan(0, count).Contains(group);
        }
    }
}
