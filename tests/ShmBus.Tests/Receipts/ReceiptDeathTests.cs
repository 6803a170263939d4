using ShmBus.Tests.Support;

namespace ShmBus.Tests.Receipts;

/// <summary>A process is killed: what it acknowledged is delivered, and nothing else.</summary>
[TestFixtureSource(typeof(TopicOfAKind), nameof(TopicOfAKind.InFiles))]
internal sealed class ReceiptDeathTests(string kind)
{
    private TopicOfAKind _topic = null!;

    [SetUp]
    public void Open() => _topic = new TopicOfAKind(kind);

    [TearDown]
    public void Close() => _topic.Dispose();

    [Test]
    public void What_a_killed_subscriber_did_not_acknowledge_comes_again([Values(1, 4, 10)] int acknowledged)
    {
        MessageBatch batch = new();
        for (int i = 3; i < 8; i++)
        {
            batch.Add(BitConverter.GetBytes(i));
        }
        _topic.Publish(0, 3);
        _topic.Publisher.Publish(batch);
        _topic.Abort(50);
        _topic.Publish(8, 4);
        Kill(10, acknowledged);
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(acknowledged, 12 - acknowledged)));
    }

    [Test]
    public void Room_of_what_a_killed_subscriber_acknowledged_is_found()
    {
        if (!_topic.Waits)
        {
            Assert.Pass("Its publishers do not wait for room.");
        }
        _topic.Publish(0, TopicOfAKind.Capacity / 32);
        Kill(20, 3);
        // Less than it would have given back itself before all was read.
        Assert.That(_topic.Publisher.WaitToPublish(3 * 32 - 16, Timeout.InfiniteTimeSpan), Is.True);
        Assert.That(_topic.Fill(), Is.EqualTo(3 * 32));
    }

    [Test]
    public void Hole_of_a_killed_publisher_is_passed_by_between_what_is_acknowledged_and_what_is_not([Range(0, 6)] int acknowledged)
    {
        _topic.Publisher.Dispose();
        using (Subscriber subscriber = _topic.Subscribe())
        {
            using PeerProcess peer = PeerProcess.Start("die-in-claim", _topic.Topic.Path!, 5);
            peer.ExitCode();
            _topic.Publisher = _topic.Topic.CreatePublisher();
            _topic.Publish(5, 2);
            List<(int Number, MessageReceipt Receipt)> read = [];
            while (read.Count < 7)
            {
                int number = BitConverter.ToInt32(subscriber.Read().Payload);
                read.Add((number, subscriber.GetReceipt()));
            }
            Assert.That(read.Select(static read => read.Number), Is.EqualTo(Enumerable.Range(0, 7)));
            Assert.That(subscriber.Losses, Is.EqualTo(1));
            subscriber.Acknowledge(read[acknowledged].Receipt);
        }
        using Subscriber successor = _topic.Subscribe();
        for (int i = acknowledged + 1; i < 7; i++)
        {
            Assert.That(BitConverter.ToInt32(successor.Read().Payload), Is.EqualTo(i));
            successor.Acknowledge(successor.GetReceipt());
        }
        Assert.That(successor.TryRead(out _), Is.False);
        _topic.ExpectWholeRingToBeFree(successor);
    }

    [Test]
    public void Hole_at_the_end_of_all_gives_its_room_back_with_what_stands_before_it()
    {
        _topic.Publisher.Dispose();
        using Subscriber subscriber = _topic.Subscribe();
        using PeerProcess peer = PeerProcess.Start("die-in-claim", _topic.Topic.Path!, 5);
        peer.ExitCode();
        List<MessageReceipt> receipts = [];
        while (receipts.Count < 5)
        {
            subscriber.Read();
            receipts.Add(subscriber.GetReceipt());
        }
        _topic.Publisher = _topic.Topic.CreatePublisher();
        Until.True(() => !subscriber.WaitToRead(TimeSpan.Zero) && subscriber.Losses == 1);
        subscriber.Acknowledge(receipts[^1]);
        // In a topic of lanes the successor has the dead one's lane, for it is the first that is free.
        _topic.ExpectWholeRingToBeFree(subscriber);
    }

    private void Kill(int read, int acknowledged)
    {
        using PeerProcess peer = PeerProcess.Start("acknowledge-then-die", [_topic.Topic.Path!, read, acknowledged, .. _topic.PlaceArguments]);
        peer.ExitCode();
    }
}
