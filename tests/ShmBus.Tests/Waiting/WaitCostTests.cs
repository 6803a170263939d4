using System.Globalization;
using System.Text.RegularExpressions;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Waiting;

/// <summary>What waiting costs: nothing while parked, and no system call while both sides are awake.</summary>
internal sealed partial class WaitCostTests
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = Topic.OpenOrCreate(_directory.File("topic"));
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Parked_subscriber_makes_no_context_switch_and_uses_no_processor_time()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using PeerProcess peer = PeerProcess.Start("park", _topic.Path!);
        string thread = peer.ReadLine();
        Until.Asleep(peer.Id, thread);
        // The process is done with starting when its time stands still for a while.
        Until.True(() =>
        {
            double before = ProcessorMilliseconds(peer.Id);
            Thread.Sleep(500);
            return ProcessorMilliseconds(peer.Id) == before;
        });

        long switches = ContextSwitches(peer.Id, thread);
        double milliseconds = ProcessorMilliseconds(peer.Id);
        Thread.Sleep(5000);
        Assert.That(ContextSwitches(peer.Id, thread) - switches, Is.Zero);
        Assert.That(ProcessorMilliseconds(peer.Id) - milliseconds, Is.LessThan(10));

        publisher.Publish([1]);
        peer.Expect("got 1");
    }

    [Test]
    public void Publishing_makes_no_system_call_while_both_sides_are_awake()
    {
        const int count = 1_000_000;
        using Subscriber subscriber = _topic.CreateSubscriber(WaitStrategy.Spin);
        using PeerProcess peer = PeerProcess.Start("send-without-system-calls", _topic.Path!, count);
        peer.Expect("ready");
        peer.WriteLine("go");
        for (ulong i = 0; i < count; i++)
        {
            while (!subscriber.WaitToRead(TimeSpan.FromSeconds(1)))
            {
                Assert.That(peer.IsFirstThreadAlive, $"the publisher was killed for a system call after {i} messages");
            }
            Assert.That(BitConverter.ToUInt64(subscriber.Read().Payload), Is.EqualTo(i));
        }
        peer.Expect("sent");
    }

    [Test]
    public void Reading_makes_no_system_call_while_both_sides_are_awake()
    {
        const int count = 1_000_000;
        using Publisher publisher = _topic.CreatePublisher(WaitStrategy.Spin);
        using PeerProcess peer = PeerProcess.Start("receive-without-system-calls", _topic.Path!, count);
        peer.Expect("ready");
        for (ulong i = 0; i < count; i++)
        {
            while (!publisher.WaitToPublish(sizeof(ulong), TimeSpan.FromSeconds(1)))
            {
                Assert.That(peer.IsFirstThreadAlive, $"the subscriber was killed for a system call after {i} messages");
            }
            publisher.Publish(BitConverter.GetBytes(i));
        }
        peer.Expect("received");
    }

    /// <summary>Voluntary and involuntary switches of one thread.</summary>
    private static long ContextSwitches(int process, string thread) =>
        SwitchLine().Matches(File.ReadAllText($"/proc/{process}/task/{thread}/status")).Sum(static match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    /// <summary>Of all threads of a process together, from the scheduler's own nanosecond counts.</summary>
    private static double ProcessorMilliseconds(int process) =>
        Directory.GetDirectories($"/proc/{process}/task").Sum(static task =>
            long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture)) / 1e6;

    [GeneratedRegex(@"ctxt_switches:\s+(\d+)")]
    private static partial Regex SwitchLine();
}
