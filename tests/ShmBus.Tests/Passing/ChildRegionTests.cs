using System.Diagnostics;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>Regions that a child is born with.</summary>
internal sealed class ChildRegionTests
{
    private static readonly Dictionary<string, TopicOptions> TwoWays = new() { ["there"] = new(), ["back"] = new() };

    [Test]
    public void A_child_gets_its_topics_and_each_side_learns_of_the_end_of_the_other()
    {
        using ChildRegion child = ChildRegion.Start(Child("handover-child-echo"), TwoWays);
        using Publisher there = child.CreatePublisher("there");
        using Subscriber back = child.CreateSubscriber("back");
        there.Publish("hello"u8);
        Assert.That(back.Read().Payload.SequenceEqual("hello"u8));
        child.Process.Kill();
        Assert.That(() => back.Read(), Throws.TypeOf<PeerLostException>());
        child.Process.WaitForExit();
    }

    [Test]
    public void The_child_learns_that_the_parent_let_go()
    {
        Process process;
        using (ChildRegion child = ChildRegion.Start(Child("handover-child-echo"), TwoWays))
        using (Publisher there = child.CreatePublisher("there"))
        using (Subscriber back = child.CreateSubscriber("back"))
        {
            process = child.Process;
            there.Publish("hello"u8);
            back.Read();
        }
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(3));
        process.Dispose();
    }

    [Test]
    public void A_child_that_never_opens_its_region_ends_the_wait_by_its_end()
    {
        using ChildRegion child = ChildRegion.Start(new ProcessStartInfo("true"));
        using Subscriber subscriber = child.CreateSubscriber();
        Assert.That(() => subscriber.Read(), Throws.TypeOf<PeerLostException>().With.Message.Contains("before it opened"));
    }

    private static ProcessStartInfo Child(string command)
    {
        string assembly = typeof(PeerProcess).Assembly.Location.Replace("ShmBus.Tests", "ShmBus.TestPeer", StringComparison.Ordinal);
        ProcessStartInfo start = new("dotnet", [assembly, command]);
        start.Environment["DOTNET_TieredCompilation"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["SHMBUS_TEST_HOST"] = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return start;
    }
}
