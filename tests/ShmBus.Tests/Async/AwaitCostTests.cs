using System.Globalization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Async;

/// <summary>What awaiting costs: few threads, no processor time while nothing comes, and no allocation for a message.</summary>
internal sealed class AwaitCostTests
{
    private TestDirectory _directory = null!;

    [SetUp]
    public void Open() => _directory = new TestDirectory();

    [TearDown]
    public void Close() => _directory.Dispose();

    [Test]
    public void A_thousand_topics_are_awaited_by_few_threads_that_sleep_until_a_message_comes()
    {
        using PeerProcess peer = PeerProcess.Start("await-many", Path.GetDirectoryName(_directory.File("t"))!, 1000);
        Assert.That(Number(peer), Is.InRange(8, 10), "threads for 1,000 topics");
        Assert.That(Number(peer), Is.LessThan(2_000_000), "bytes of managed memory, the subscribers' own among them");
        Assert.That(Number(peer), Is.Zero, "wake-ups in 5 seconds");
        using Topic topic = Topic.Open(_directory.File("t765"));
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish([1]);
        peer.Expect("t765");
        peer.WriteLine("and?");
        peer.Expect("1 woken, 1 ended");
        peer.CloseInput();
        peer.Expect("no thread left");
    }

    [Test]
    public void Any_number_of_topics_with_eventfds_is_awaited_by_one_thread_that_sleeps_until_a_message_comes()
    {
        const int count = 200;
        using PeerProcess peer = PeerProcess.Start("await-eventfds", count);
        peer.Expect("1 threads");
        peer.Expect($"{count * 4 + 6 + 2} descriptors"); // Six of one topic more, and two of the thread's own.
        peer.Expect("0 wake-ups");
        peer.WriteLine("publish");
        peer.Expect("got 123");
        peer.Expect("2 descriptors left"); // Of the topic that is still open.
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Nothing_is_allocated_for_a_message([Values] bool hasEventfds)
    {
        using PeerProcess peer = PeerProcess.Start("await-allocations", hasEventfds);
        string[] ways = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(peer.ExitCode(), Is.Zero);
        Assert.That(ways, Has.Length.EqualTo(6 * 2 * 2).And.All.EndsWith(": 0 bytes"));
    }

    [Test]
    public void Cancel_dispose_and_publish_in_any_order_leave_nothing_behind([Values] bool hasEventfds)
    {
        using PeerProcess peer = PeerProcess.Start("await-stress", 100_000, hasEventfds);
        peer.Expect("spins: False");
        peer.Expect("files: 0");
        string line = peer.ReadLine();
        Assert.That(line, Does.StartWith("kilobytes: "));
        // A registration or an operation for each tenth round would take more.
        Assert.That(int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), Is.LessThan(500));
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Where_the_kernel_refuses_one_thread_looks_at_all_and_it_is_reported()
    {
        using Topic topic = Topic.OpenOrCreate(_directory.File("topic"));
        using Publisher publisher = topic.CreatePublisher();
        using PeerProcess peer = PeerProcess.Start("await-refused", topic.Path!);
        Assert.That(peer.ReadLine(), Does.StartWith("Await: futex_waitv failed: EPERM"));
        peer.Expect("1 threads");
        publisher.Publish([1, 2, 3]);
        peer.Expect("got 3");
        peer.Expect("cancelled");
    }

    private static long Number(PeerProcess peer) => long.Parse(peer.ReadLine(), CultureInfo.InvariantCulture);
}
