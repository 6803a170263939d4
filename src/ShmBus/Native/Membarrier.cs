using System.Runtime.InteropServices;

namespace ShmBus.Native;

/// <summary>
/// A full memory barrier on every processor that runs a thread of a registered process, paid by the caller. It pairs with
/// a mere compiler barrier on the other side.
/// </summary>
internal static partial class Libc
{
    internal const int MEMBARRIER_CMD_GLOBAL_EXPEDITED = 1 << 1;
    internal const int MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 1 << 2;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall_membarrier(long number, int command, uint flags, int cpu);

    /// <summary>Makes this process one that the barriers of others reach. False where the kernel or a sandbox refuses.</summary>
    internal static bool RegisterForMembarrier() =>
        syscall_membarrier(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;

    /// <summary>The barrier. False where the kernel or a sandbox refuses.</summary>
    internal static bool Membarrier() =>
        syscall_membarrier(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
}
