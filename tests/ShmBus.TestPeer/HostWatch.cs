using System.Globalization;
using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>
/// Ends the peer when the process that started it is gone: tests kill their peers, but a test host that crashed, or was ended
/// because it hung, cannot. Sleeps in the kernel, on a thread of its own, so that it disturbs no measurement.
/// A peer in a PID namespace of its own cannot name that process: it goes by the pipe that nobody reads its output from any more.
/// </summary>
internal static partial class HostWatch
{
    private const long SYS_pidfd_open = 434; // on every architecture
    private const short POLLIN = 1;

    internal static void Start()
    {
        if (Environment.GetEnvironmentVariable("SHMBUS_TEST_HOST") is not { } host)
        {
            return; // started by hand
        }
        if (host == "output")
        {
            StartOn(descriptor: 1, awaited: 0); // an error is always told
            return;
        }
        int id = int.Parse(host, CultureInfo.InvariantCulture);
        long descriptor = syscall(SYS_pidfd_open, id, 0);
        // Looked at after it was opened: from here on the descriptor tells.
        if (descriptor < 0 || getppid() != id)
        {
            Environment.Exit(3);
        }
        StartOn((int)descriptor, POLLIN);
    }

    private static void StartOn(int descriptor, short awaited) =>
        new Thread(() => ExitAfter(descriptor, awaited)) { IsBackground = true, Name = "host watch" }.Start();

    private static void ExitAfter(int descriptor, short awaited)
    {
        // An interrupted wait is begun anew.
        while (poll([new PollEntry { Descriptor = descriptor, Events = awaited }], 1, -1) != 1)
        {
        }
        Environment.Exit(3);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [LibraryImport("libc")]
    private static partial long syscall(long number, int process, uint flags);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial int poll(ReadOnlySpan<PollEntry> entries, nuint count, int timeout);
}
