using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>
/// The few numbers that differ between x64 and arm64. Everything else in this layer is the same on both, and a test
/// compiles a C file for each to prove it.
/// </summary>
internal static partial class Libc
{
    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static int O_DIRECTORY => IsArm64 ? 0x4000 : 0x10000;
    internal static int O_NOFOLLOW => IsArm64 ? 0x8000 : 0x20000;
    internal static int O_TMPFILE => 0x400000 | O_DIRECTORY;

    internal static long SYS_futex => IsArm64 ? 98 : 202;
    internal static long SYS_membarrier => IsArm64 ? 283 : 324;
    internal static long SYS_statx => IsArm64 ? 291 : 332;
}
