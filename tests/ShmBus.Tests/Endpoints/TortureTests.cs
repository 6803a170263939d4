using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>Publishers and subscribers, of a queue and of a broadcast, are killed at any instant. build/torture.sh does it for longer.</summary>
internal sealed class TortureTests
{
    [Test]
    public void Nothing_committed_is_lost_or_repeated_whoever_is_killed_whenever()
    {
        using TestDirectory directory = new();
        using PeerProcess torture = PeerProcess.Start("torture", directory.Path, "--minutes", 0, "--round", 5, "--pause", 3);
        string output = torture.ReadToEnd();
        TestContext.Out.WriteLine(output);
        Assert.That(torture.ExitCode(), Is.Zero, output);
        Assert.That(output, Does.EndWith("no violation\n"));
    }
}
