using System.Globalization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Handling;

/// <summary>What a message costs the garbage collector: measured in a process of its own, over tens of thousands of messages.</summary>
internal sealed class AllocationTests
{
    /// <summary>What the runtime itself may have allocated meanwhile, in bytes per message: the smallest object is 24.</summary>
    private const double Tolerance = 1;

    [TestCase(1)]
    [TestCase(4)]
    public void A_handled_message_allocates_its_scope_and_itself_and_publishing_nothing(int concurrency)
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("allocations", directory.Path, concurrency);
        double[] bytes = [.. Enumerable.Range(0, 4).Select(_ => double.Parse(peer.ReadLine(), CultureInfo.InvariantCulture))];
        (double scopeAndMessage, double published, double many, double oneByOne) = (bytes[0], bytes[1], bytes[2], bytes[3]);
        TestContext.Out.WriteLine($"bytes per message: scope and message {scopeAndMessage}, publishing {published}, many handled {many}, one by one {oneByOne}");
        Assert.That(peer.ExitCode(), Is.Zero);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(published, Is.LessThan(Tolerance));
            Assert.That(many, Is.LessThan(scopeAndMessage + Tolerance));
            Assert.That(oneByOne, Is.LessThan(scopeAndMessage + Tolerance));
        }
    }
}
