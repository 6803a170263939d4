using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Broadcast;

/// <summary>A broadcast that overwrites: the publisher never waits, and who was too slow is told what it missed.</summary>
[TestFixture(Place.File)]
[TestFixture(Place.InProcess)]
[TestFixture(Place.Eventfds)]
internal sealed class OverwriteTests(Place place)
{
    private const int Capacity = 4096;

    /// <summary>What a message of 16 bytes takes up in the ring.</summary>
    private const int Extent = 32;

    private static readonly TopicOptions Options = new() { Capacity = Capacity, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite };

    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = place.CreateTopic(_directory, Options);
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Publisher_never_waits()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        for (int i = 0; i < 100 * Capacity / Extent; i++)
        {
            Assert.That(publisher.TryPublish(Message(i)), Is.True);
        }
    }

    [Test]
    public void Who_keeps_up_gets_every_message()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(Message(i));
            Assert.That(subscriber.TryRead(out Message message), Is.True);
            Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(i));
        }
        Assert.That(subscriber.MissedBytes, Is.Zero);
    }

    [Test]
    public void Received_and_missed_add_up_to_sent([Values(0, 1, 100, 128, 129, 200, 1000)] int ahead, [Values] bool polls)
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        List<(long Position, long Length)> losses = [];
        subscriber.Lost += (_, loss) =>
        {
            Assert.That(loss.Cause, Is.EqualTo(LossCause.Overwritten));
            losses.Add((loss.Position, loss.Length));
        };
        int sent = 0, received = 0;
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < ahead; i++)
            {
                publisher.Publish(Message(sent++));
            }
            int next = -1;
            if (polls)
            {
                received += subscriber.Poll(message => next = Next(message, next));
            }
            else
            {
                while (subscriber.TryRead(out Message message))
                {
                    next = Next(message, next);
                    received++;
                }
            }
            Assert.That(received + subscriber.MissedBytes / Extent, Is.EqualTo(sent));
            Assert.That(losses.Sum(static loss => loss.Length), Is.EqualTo(subscriber.MissedBytes));
        }
        Assert.That(subscriber.MissedBytes > 0, Is.EqualTo(ahead > Capacity / Extent));

        static int Next(Message message, int last)
        {
            int number = BitConverter.ToInt32(message.Payload);
            Assert.That(last < 0 || number == last + 1);
            return number;
        }
    }

    [Test]
    public void What_was_read_stays_as_it_was_when_the_ring_is_written_over()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        publisher.Publish(Message(1));
        Assert.That(subscriber.TryRead(out Message message), Is.True);
        for (int i = 2; i < 1000; i++)
        {
            publisher.Publish(Message(i));
        }
        Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(1));
    }

    [Test]
    public void Waiting_subscriber_that_is_passed_goes_on([Values] WaitStrategy strategy)
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber(strategy);
        long received = 0;
        const int sent = 200_000;
        Task reading = Task.Factory.StartNew(
            () =>
            {
                for (int last = -1; last != sent - 1; received++)
                {
                    Message message = subscriber.Read();
                    int number = BitConverter.ToInt32(message.Payload);
                    Assert.That(number, Is.GreaterThan(last));
                    Assert.That(message.Payload[4..].IndexOfAnyExcept((byte)number), Is.EqualTo(-1), "no torn message");
                    last = number;
                }
            },
            TaskCreationOptions.LongRunning);
        byte[] payload = new byte[16];
        for (int i = 0; i < sent; i++)
        {
            payload.AsSpan().Fill((byte)i);
            BitConverter.TryWriteBytes(payload, i);
            publisher.Publish(payload);
        }
        reading.Wait();
        Assert.That(received + subscriber.MissedBytes / Extent, Is.EqualTo(sent));
    }

    [Test]
    public void Batch_that_is_written_over_is_missed_whole()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        MessageBatch batch = new();
        batch.Add(Message(1));
        batch.Add(Message(2));
        publisher.Publish(batch);
        Assert.That(subscriber.TryRead(out Message message), Is.True);
        for (int i = 3; i < 1000; i++)
        {
            publisher.Publish(Message(i));
        }
        Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(1));
        Assert.That(subscriber.TryRead(out message), Is.True);
        Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(2), "all of a batch that was begun");
        Assert.That(subscriber.TryRead(out message), Is.True);
        Assert.That(BitConverter.ToInt32(message.Payload), Is.GreaterThan(2));
    }

    [Test]
    public void Who_joins_at_the_oldest_gets_at_least_half_a_ring()
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(Message(i));
        }
        using Subscriber subscriber = _topic.CreateSubscriber(joinAt: JoinAt.Oldest);
        int[] numbers = BroadcastContract.Numbers(subscriber);
        Assert.That(numbers, Has.Length.AtLeast(Capacity / Extent / 2));
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(numbers[0], 1000 - numbers[0])));
        Assert.That(subscriber.MissedBytes, Is.Zero);
    }

    [Test]
    public void Named_place_that_was_passed_is_told_what_it_missed()
    {
        using Publisher publisher = _topic.CreatePublisher();
        _topic.CreateSubscriber(place: "chart").Dispose();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(Message(i));
        }
        using Subscriber subscriber = _topic.CreateSubscriber(place: "chart");
        int[] numbers = BroadcastContract.Numbers(subscriber);
        Assert.That(numbers.Length + subscriber.MissedBytes / Extent, Is.EqualTo(1000));
    }

    private static byte[] Message(int number)
    {
        byte[] payload = new byte[16];
        BitConverter.TryWriteBytes(payload, number);
        return payload;
    }
}
