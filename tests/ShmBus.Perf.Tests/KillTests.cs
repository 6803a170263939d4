using System.Diagnostics;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>A process of a round is killed in the midst of it. Nothing that has a name stays behind, and no other process.</summary>
internal sealed class KillTests
{
    private const string MeasuringThread = "measuring";

    // Where the kernel keeps what is shared by a name: files and semaphores, and queues.
    private static readonly string[] SharedDirectories = ["/dev/shm", "/dev/mqueue"];

    [TestCaseSource(typeof(TransportNames), nameof(TransportNames.InOneSuite))]
    public void Killed_peer_ends_the_run_which_says_so(string suite, string transport)
    {
        using PerfProgram perf = Start(suite, transport, out int peer);
        using (Process process = Process.GetProcessById(peer))
        {
            process.Kill();
        }

        Assert.That(perf.ExitCode(), Is.EqualTo(1));
        Assert.That(perf.Error, Does.Contain($"{transport}, 64 bytes: ").And.Contains("the peer died"));
        AssertNothingLeft(perf);
    }

    [TestCaseSource(typeof(TransportNames), nameof(TransportNames.InOneSuite))]
    public void Killed_program_takes_its_peer_along(string suite, string transport)
    {
        using PerfProgram perf = Start(suite, transport, out int peer);
        perf.Kill();

        Until.True(() => !Processes.IsAlive(peer));
        AssertNothingLeft(perf);
    }

    /// <summary>Starts a run that lasts, and returns when both its processes are at work.</summary>
    private static PerfProgram Start(string suite, string transport, out int peer)
    {
        TransportNames.IgnoreWithout(transport);
        PerfProgram perf = PerfProgram.Start(suite, "--transport", transport, "--rounds", "1", "--seconds", "3600");
        int found = 0;
        Until.True(() => perf.HasExited
            || Processes.ChildrenOf(perf.Id) is [var child] && Processes.HasThread(found = child, MeasuringThread) && Processes.HasThread(perf.Id, MeasuringThread));
        // Now and then before both are connected, mostly after.
        Thread.Sleep(Random.Shared.Next(200));
        peer = found;
        return perf;
    }

    private static void AssertNothingLeft(PerfProgram perf) =>
        Assert.That(SharedDirectories.Where(Directory.Exists).SelectMany(static directory => Directory.EnumerateFileSystemEntries(directory))
            .Where(path => path.Contains($"shmbus-perf-{perf.Id}-", StringComparison.Ordinal)), Is.Empty);
}
