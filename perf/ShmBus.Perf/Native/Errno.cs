using System.Runtime.InteropServices;

namespace ShmBus.Perf.Native;

internal static class Errno
{
    public const int EINTR = 4;

    /// <summary>What to throw when <paramref name="operation"/> has just failed on this thread.</summary>
    public static PerfException Of(string operation) =>
        new($"{operation}: {Marshal.GetLastPInvokeErrorMessage()} (errno {Marshal.GetLastPInvokeError()})");
}
