using System.Diagnostics;

namespace ShmBus.TestPeer;

/// <summary>CALL PROGRAM ARGUMENT...: runs a program to which the kernel refuses a system call, and ends as it does.</summary>
internal static class RefusedCommand
{
    internal static int Run(string[] arguments)
    {
        switch (arguments[0])
        {
            case "futex_waitv":
                SystemCallFilter.RefuseFutexWaitv();
                break;
            case "membarrier":
                SystemCallFilter.RefuseBarriers();
                break;
            case "memfd":
                SystemCallFilter.RefuseMemfd();
                break;
            default:
                throw new ArgumentException($"There is no filter for '{arguments[0]}'.");
        }
        // What this thread starts has its filters.
        using Process process = Process.Start(new ProcessStartInfo(arguments[1], arguments[2..]))!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
