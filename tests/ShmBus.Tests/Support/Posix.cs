using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ShmBus.Tests.Support;

/// <summary>Calls that tests need to set a scene and the library has no use for.</summary>
internal static partial class Posix
{
    internal const uint NamedPipe = 0x1000;
    internal const uint CharacterDevice = 0x2000;
    internal const uint BlockDevice = 0x6000;

    internal static bool IsRoot => geteuid() == 0;

    /// <summary>Of the calling thread, as the kernel knows it.</summary>
    internal static int ThreadId => gettid();

    /// <summary>Ends the test without a verdict, with the reason, where only root can set its scene.</summary>
    internal static void RequireRoot(string why)
    {
        if (!IsRoot)
        {
            Assert.Ignore($"Needs root: {why}.");
        }
    }

    internal static void MakeNode(string path, uint type, uint major = 0, uint minor = 0) =>
        Check(mknod(path, type | 0x180, (ulong)major << 8 | minor), "mknod");

    internal static void ChangeOwner(string path, uint owner, uint group) => Check(chown(path, owner, group), "chown");

    internal static void Link(string existing, string path) => Check(link(existing, path), "link");

    /// <summary>Truncates or extends; returns the errno, 0 for none.</summary>
    internal static int Truncate(SafeFileHandle file, long length) => Errno(ftruncate(file, length));

    /// <summary>Takes a part of a file away; returns the errno, 0 for none.</summary>
    internal static int PunchHole(SafeFileHandle file, long offset, long length) => Errno(fallocate(file, 3, offset, length));

    /// <summary>Changes what may be done to a mapping; returns the errno, 0 for none.</summary>
    internal static int Protect(nint address, nuint length, int protection) => Errno(mprotect(address, length, protection));

    private static int Errno(int result) => result == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static void Check(int result, string call) =>
        Assert.That(result, Is.Zero, $"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mknod(string path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(nint address, nuint length, int protection);
}
