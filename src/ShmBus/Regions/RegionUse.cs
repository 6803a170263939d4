using Microsoft.Win32.SafeHandles;
using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// Who has a region open, so that nobody deletes it meanwhile. Everybody who uses a file shares the lock on its first byte, through
/// each description that it has of it; whoever deletes it has the lock on all of it. The kernel lets only one of the two in.
/// </summary>
/// <remarks>
/// Who opens a file by its name takes the lock, then looks whether the name still leads there: it was not deleted before, and
/// is not deleted after. Whoever only looks, through a description that cannot write, takes no lock: nobody has to wait for that.
/// </remarks>
internal static class RegionUse
{
    private const long Byte = 0;

    /// <summary>Takes part. False while the file is being deleted.</summary>
    internal static bool TryBegin(SafeFileHandle file, string path) => Libc.TryShareByte(file, Byte, path);

    /// <summary>Keeps everybody away. False while somebody takes part, or is deleting it as well.</summary>
    internal static bool TryEnd(SafeFileHandle file, string path) => Libc.TryLockAll(file, path);

    /// <summary>Whether somebody has it open through another description, not only to delete it. One system call.</summary>
    internal static bool IsUsed(SafeFileHandle file) =>
        Libc.FindLock(file) is { l_type: not Libc.F_UNLCK } found && (found.l_type, found.l_start) != (Libc.F_WRLCK, Byte);
}
