using System.Globalization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>
/// Peers in PID, mount and network namespaces of their own, which share a directory and nothing else: process ids mean nothing there,
/// and who died is found out all the same.
/// </summary>
internal sealed class NamespaceTests
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = Topic.OpenOrCreate(_directory.File("topic"), new TopicOptions { Publishers = 4 });
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Parked_subscriber_passes_by_the_claim_of_a_publisher_killed_in_namespaces_of_its_own(bool isSubscriberInside)
    {
        using PeerProcess reader = StartParked(isSubscriberInside, out int thread);
        using PeerProcess peer = StartInside("die-in-claim", 0);
        Assert.That(peer.ExitCode(), Is.EqualTo(137));
        // It can only have been woken by the death: nobody publishes.
        Until.True(() => _topic.Inspect() is { PublishedBytes: > 0, PendingBytes: 0 });
        AwaitParked(thread);
        using Publisher successor = _topic.CreatePublisher();
        successor.Publish("next"u8);
        reader.Expect("got 4");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Parked_subscriber_is_woken_for_what_a_publisher_in_namespaces_of_its_own_stamped_and_died(bool isSubscriberInside)
    {
        using PeerProcess reader = StartParked(isSubscriberInside, out int thread);
        using PeerProcess peer = StartInside("die-before-wake");
        peer.Expect("at it");
        // The joining of a publisher wakes it.
        AwaitParked(thread);
        peer.WriteLine("go");
        reader.Expect("got 14");
    }

    private PeerProcess StartInside(string command, params object[] arguments) =>
        PeerProcess.Start(new Confinement().OwnNamespaces(_directory.Path), command, ["/dev/shm/topic", .. arguments]);

    private PeerProcess StartParked(bool isInside, out int thread)
    {
        PeerProcess reader = isInside ? StartInside("park") : PeerProcess.Start("park", _topic.Path!);
        reader.ReadLine();
        // It runs on its process's first thread, whose id here is that of the process here.
        thread = reader.Id;
        for (int child = FirstChild(thread); child > 0; child = FirstChild(child))
        {
            thread = child;
        }
        AwaitParked(thread);
        return reader;
    }

    private static int FirstChild(int process)
    {
        string[] children = File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Length == 0 ? 0 : int.Parse(children[0], CultureInfo.InvariantCulture);
    }

    private static void AwaitParked(int thread) => Until.Asleep(thread, thread.ToString(CultureInfo.InvariantCulture));
}
