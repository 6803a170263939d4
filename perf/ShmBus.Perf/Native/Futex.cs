using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

/// <summary>The bare futex between processes: hence without the PRIVATE flag.</summary>
internal static unsafe partial class Futex
{
    private const int FUTEX_WAIT = 0;
    private const int FUTEX_WAKE = 1;

    private static readonly nint SYS_futex = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        var other => throw new PlatformNotSupportedException($"The number of the futex call on {other} is not known here."),
    };

    /// <summary>Sleeps while the word is <paramref name="seen"/>. May return early for any reason: look again.</summary>
    public static void Wait(uint* word, uint seen) => syscall(SYS_futex, word, FUTEX_WAIT, (nint)seen, 0, 0, 0);

    public static void WakeOne(uint* word) => syscall(SYS_futex, word, FUTEX_WAKE, 1, 0, 0, 0);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, uint* word, nint operation, nint value, nint timeout, nint word2, nint value3);
}
