namespace ShmBus.Tests.Receipts;

/// <summary>Each lane is acknowledged for itself, whichever is being read.</summary>
[TestFixture("lanes")]
[TestFixture("untrusted lanes")]
[TestFixture("in-process lanes")]
internal sealed class ReceiptLaneTests(string kind)
{
    private TopicOfAKind _topic = null!;
    private Publisher _second = null!;

    [SetUp]
    public void Open()
    {
        _topic = new TopicOfAKind(kind);
        _second = _topic.Topic.CreatePublisher();
    }

    [TearDown]
    public void Close()
    {
        _second.Dispose();
        _topic.Dispose();
    }

    [Test]
    public void Receipt_acknowledges_what_was_read_before_it_in_its_lane()
    {
        using (Subscriber subscriber = _topic.Subscribe())
        {
            List<(int Number, MessageReceipt Receipt)> read = [];
            for (int i = 0; i < 5; i++)
            {
                // One by one, so that the lanes take turns.
                _topic.Publish(i, 1);
                read.AddRange(TopicOfAKind.ReadAll(subscriber));
                _second.Publish(BitConverter.GetBytes(100 + i));
                read.AddRange(TopicOfAKind.ReadAll(subscriber));
            }
            subscriber.Acknowledge(read.Single(static read => read.Number == 103).Receipt);
            subscriber.Acknowledge(read.Single(static read => read.Number == 1).Receipt);
        }
        Assert.That(_topic.Again(), Is.EquivalentTo(new[] { 2, 3, 4, 104 }));
    }

    [Test]
    public void Room_comes_back_in_the_lane_of_the_receipt()
    {
        using Subscriber subscriber = _topic.Subscribe();
        _topic.Publish(0, TopicOfAKind.Capacity / 32);
        MessageReceipt receipt = TopicOfAKind.ReadAll(subscriber)[^1].Receipt;
        _second.Publish(BitConverter.GetBytes(100));
        MessageReceipt second = TopicOfAKind.ReadAll(subscriber)[^1].Receipt;
        ValueTask publishing = _topic.Publisher.PublishAsync(new byte[8]);
        subscriber.Acknowledge(second);
        Assert.That(publishing.IsCompleted, Is.False);
        subscriber.Acknowledge(receipt);
        publishing.AsTask().Wait();
    }

    [Test]
    public void Receipt_stays_that_of_the_message_read_last_while_the_lanes_take_turns()
    {
        using Subscriber subscriber = _topic.Subscribe();
        _second.Publish([1]);
        subscriber.Read();
        MessageReceipt receipt = subscriber.GetReceipt();
        for (int i = 0; i < 5; i++)
        {
            Assert.That(subscriber.TryRead(out _), Is.False);
            Assert.That(subscriber.WaitToRead(TimeSpan.Zero), Is.False);
            Assert.That(subscriber.GetReceipt(), Is.EqualTo(receipt));
        }
    }

    [Test]
    public void Lane_that_never_runs_dry_lets_the_others_have_their_turn()
    {
        using Subscriber subscriber = _topic.Subscribe();
        _second.Publish([100, 0, 0, 0]);
        for (int i = 0; i < 4; i++)
        {
            _topic.Publish(i, 1);
        }
        bool isRead = false;
        for (int i = 0; i < 2 * TopicOfAKind.Capacity / 32 && !isRead; i++)
        {
            _topic.Publish(i, 1);
            isRead = BitConverter.ToInt32(subscriber.Read().Payload) == 100;
            subscriber.Acknowledge(subscriber.GetReceipt());
            if (i == 0 && isRead)
            {
                // It was the other's turn: then this one's lane is the one that waits.
                isRead = false;
                _second.Publish([100, 0, 0, 0]);
            }
        }
        Assert.That(isRead, Is.True);
    }
}
