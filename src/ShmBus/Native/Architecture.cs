using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>
/// The few numbers that differ between x64 and arm64. Both sets are there on either machine, so that a test can compile a C
/// file for each; everything else in this layer is the same on both, which the same test proves.
/// </summary>
internal sealed class ArchitectureNumbers
{
    internal static readonly ArchitectureNumbers X64 = new()
    {
        EPOLL_EVENT_DATA = 4,
        EPOLL_EVENT_SIZE = 12,
        O_DIRECTORY = 0x10000,
        O_NOFOLLOW = 0x20000,
        SYS_futex = 202,
        SYS_membarrier = 324,
        SYS_renameat2 = 316,
        SYS_statx = 332,
    };

    internal static readonly ArchitectureNumbers Arm64 = new()
    {
        EPOLL_EVENT_DATA = 8,
        EPOLL_EVENT_SIZE = 16,
        O_DIRECTORY = 0x4000,
        O_NOFOLLOW = 0x8000,
        SYS_futex = 98,
        SYS_membarrier = 283,
        SYS_renameat2 = 276,
        SYS_statx = 291,
    };

    /// <summary>Those of the machine that this runs on. <see cref="Syscall.RequirePlatform"/> refuses every third kind.</summary>
    internal static readonly ArchitectureNumbers Current =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm64 : X64;

    internal required int EPOLL_EVENT_DATA { get; init; }
    internal required int EPOLL_EVENT_SIZE { get; init; }

    internal required int O_DIRECTORY { get; init; }
    internal required int O_NOFOLLOW { get; init; }
    internal int O_TMPFILE => 0x400000 | O_DIRECTORY;

    internal required long SYS_futex { get; init; }
    internal required long SYS_membarrier { get; init; }
    internal required long SYS_renameat2 { get; init; }
    internal required long SYS_statx { get; init; }
}

internal static partial class Libc
{
    private static int EPOLL_EVENT_DATA => ArchitectureNumbers.Current.EPOLL_EVENT_DATA;
    private static int EPOLL_EVENT_SIZE => ArchitectureNumbers.Current.EPOLL_EVENT_SIZE;

    internal static int O_DIRECTORY => ArchitectureNumbers.Current.O_DIRECTORY;
    internal static int O_NOFOLLOW => ArchitectureNumbers.Current.O_NOFOLLOW;
    internal static int O_TMPFILE => ArchitectureNumbers.Current.O_TMPFILE;

    private static long SYS_futex => ArchitectureNumbers.Current.SYS_futex;
    private static long SYS_membarrier => ArchitectureNumbers.Current.SYS_membarrier;
    private static long SYS_renameat2 => ArchitectureNumbers.Current.SYS_renameat2;
    private static long SYS_statx => ArchitectureNumbers.Current.SYS_statx;
}
