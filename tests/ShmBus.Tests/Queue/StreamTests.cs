using ShmBus.TestPeer;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Queue;

/// <summary>Ten million messages of random sizes between two processes: once, in order, intact.</summary>
internal sealed class StreamTests
{
    private const int Count = 10_000_000;

    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        // Small, so that it is full and empty often, and a message of the largest size is a common thing.
        _topic = Topic.OpenOrCreate(_directory.File("topic"), new TopicOptions { Capacity = 8192 });
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Every_message_arrives_once_in_order_and_intact()
    {
        using PeerProcess receiver = PeerProcess.Start("receive", _topic.Path!, WaitStrategy.Adaptive, 1, 0, Count);
        receiver.Expect("ready");
        using PeerProcess sender = PeerProcess.Start("send", _topic.Path!, WaitStrategy.Adaptive, 1, 0, Count);
        sender.Expect("ready");
        sender.Expect("sent");
        receiver.Expect("received");
    }

    [Test]
    public void Every_message_arrives_while_both_sides_are_stopped_and_continued_at_random()
    {
        using PeerProcess receiver = PeerProcess.Start("receive", _topic.Path!, WaitStrategy.Adaptive, 2, 0, Count);
        receiver.Expect("ready");
        using PeerProcess sender = PeerProcess.Start("send", _topic.Path!, WaitStrategy.Adaptive, 2, 0, Count);
        sender.Expect("ready");
        Task<string> last = Task.Run(receiver.ReadLine);
        int stops = 0;
        while (!last.IsCompleted)
        {
            PeerProcess victim = Random.Shared.Next(2) == 0 ? sender : receiver;
            victim.Stop();
            Thread.Sleep(Random.Shared.Next(0, 3));
            victim.Continue();
            Thread.Sleep(Random.Shared.Next(0, 20));
            stops++;
        }
        Assert.That(last.Result, Is.EqualTo("received"));
        sender.Expect("sent");
        TestContext.Out.WriteLine($"{stops} stops");
        Assert.That(stops, Is.GreaterThan(10));
    }

    [Test]
    public void Every_committed_message_arrives_once_from_publishers_that_are_killed_one_after_the_other()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        NumberedMessages messages = new(3, _topic.MaxMessageLength);
        int kills = 0;
        long received = 0;
        while (kills < 25)
        {
            using PeerProcess sender = PeerProcess.Start("send", _topic.Path!, WaitStrategy.Adaptive, 3, received, Count);
            sender.Expect("ready");
            // By messages and not by time: it is killed at work, however slow the machine is.
            for (long until = received + Random.Shared.Next(1, 20_001); received < until;)
            {
                subscriber.WaitToRead(Timeout.InfiniteTimeSpan);
                Receive();
            }
            sender.Kill();
            kills++;
            while (Receive())
            {
            }
            // What the dead one had committed was read to the last; its successor begins with the next number, which shows it.
        }
        Assert.That(subscriber.Losses, Is.LessThanOrEqualTo(kills), "a kill loses at most the one claim that was open");
        TestContext.Out.WriteLine($"{kills} kills, {received} messages, {subscriber.Losses} open claims lost");

        bool Receive()
        {
            if (!subscriber.TryRead(out Message message))
            {
                return false;
            }
            messages.Verify(received, message.Payload);
            received++;
            return true;
        }
    }
}
