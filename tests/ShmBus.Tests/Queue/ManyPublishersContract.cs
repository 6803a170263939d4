using ShmBus.Endpoints;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Queue;

/// <summary>What a topic of several publishers does, wherever it lies, and whether they share a ring or have lanes.</summary>
internal abstract class ManyPublishersContract(Place place)
{
    private const int Most = 4;

    private TestDirectory _directory = null!;

    private protected Topic Topic { get; private set; } = null!;

    private protected abstract TopicOptions Options { get; }

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        Topic = place.CreateTopic(_directory, Options with { Capacity = 4096, Publishers = Most });
    }

    [TearDown]
    public void Close()
    {
        Topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Every_publisher_has_a_slot_and_one_more_is_refused_and_told_who_holds_them()
    {
        List<Publisher> publishers = [];
        for (int i = 0; i < Most; i++)
        {
            publishers.Add(Topic.CreatePublisher());
        }
        Assert.That(publishers.Select(Slot), Is.EquivalentTo(Enumerable.Range(0, Most)));
        EndpointInUseException refused = Assert.Throws<EndpointInUseException>(() => Topic.CreatePublisher());
        Assert.That(refused.Holders.Select(static holder => holder.ProcessId), Is.All.EqualTo(Environment.ProcessId));
        Assert.That(refused.Message, Does.Contain($"{Most} publishers"));
        publishers[2].Dispose();
        publishers[2] = Topic.CreatePublisher();
        Assert.That(Slot(publishers[2]), Is.EqualTo(2));
        publishers.ForEach(static publisher => publisher.Dispose());
    }

    [Test]
    public void Threads_publish_at_once_and_each_keeps_its_order()
    {
        const int count = 20_000;
        using Subscriber subscriber = Topic.CreateSubscriber();
        Task[] tasks = [.. Enumerable.Range(0, Most).Select(index => Task.Factory.StartNew(() => PublishAll(index), TaskCreationOptions.LongRunning))];
        int[] next = new int[Most];
        for (int i = 0; i < Most * count; i++)
        {
            Message message = subscriber.Read();
            int number = BitConverter.ToInt32(message.Payload);
            Assert.That(number, Is.EqualTo(next[message.Type]++));
            Assert.That(message.Payload[4..].ContainsAnyExcept((byte)number), Is.False);
        }
        Task.WaitAll(tasks);
        Assert.That(subscriber.TryRead(out _), Is.False);
        Assert.That(subscriber.Losses, Is.Zero);

        void PublishAll(int index)
        {
            using Publisher publisher = Topic.CreatePublisher();
            MessageBatch batch = new();
            byte[] payload = new byte[300];
            for (int number = 0; number < count;)
            {
                batch.Clear();
                // Singly, in place and in batches, of many lengths.
                int run = number % 7 == 0 ? Math.Min(3, count - number) : 1;
                for (int i = 0; i < run; i++, number++)
                {
                    Span<byte> message = payload.AsSpan(0, 4 + number % 296);
                    message.Fill((byte)number);
                    BitConverter.TryWriteBytes(message, number);
                    if (run > 1)
                    {
                        batch.Add(message, (uint)index);
                    }
                    else if (number % 2 == 0)
                    {
                        publisher.Publish(message, (uint)index);
                    }
                    else
                    {
                        PublishInPlace(publisher, message, (uint)index);
                    }
                }
                publisher.Publish(batch);
            }
        }
    }

    [Test]
    public void Publisher_that_comes_and_goes_is_read_to_its_end()
    {
        using Subscriber subscriber = Topic.CreateSubscriber();
        for (int i = 0; i < 50; i++)
        {
            using Publisher first = Topic.CreatePublisher();
            using Publisher second = Topic.CreatePublisher();
            first.Publish(BitConverter.GetBytes(i));
            second.Publish(BitConverter.GetBytes(-i));
            first.Dispose();
            int[] read = [BitConverter.ToInt32(subscriber.Read().Payload), BitConverter.ToInt32(subscriber.Read().Payload)];
            Assert.That(read, Is.EquivalentTo(new[] { i, -i }));
            Assert.That(subscriber.TryRead(out _), Is.False);
        }
    }

    [Test]
    public void Publishers_that_wait_for_room_all_get_it()
    {
        Task[] tasks = [.. Enumerable.Range(0, Most).Select(_ => Task.Factory.StartNew(PublishLarge, TaskCreationOptions.LongRunning))];
        using Subscriber subscriber = Topic.CreateSubscriber();
        for (int i = 0; i < Most * 1000; i++)
        {
            Assert.That(subscriber.Read().Payload.Length, Is.EqualTo(1000));
        }
        Task.WaitAll(tasks);

        void PublishLarge()
        {
            using Publisher publisher = Topic.CreatePublisher(WaitStrategy.Park);
            for (int i = 0; i < 1000; i++)
            {
                publisher.Publish(new byte[1000]);
            }
        }
    }

    private static int Slot(Publisher publisher) => publisher.Slot;

    private static void PublishInPlace(Publisher publisher, ReadOnlySpan<byte> message, uint type)
    {
        Claim claim;
        while (!publisher.TryClaim(message.Length + 20, type, out claim))
        {
            publisher.WaitToPublish(message.Length + 20, Timeout.InfiniteTimeSpan);
        }
        message.CopyTo(claim.Payload);
        claim.Commit(message.Length);
    }
}

[TestFixture(Place.File)]
[TestFixture(Place.InProcess)]
[TestFixture(Place.Eventfds)]
internal sealed class SharedRing(Place place) : ManyPublishersContract(place)
{
    private protected override TopicOptions Options => TopicOptions.Default;

    [Test]
    public void Open_claim_holds_up_what_others_published_after_it()
    {
        using Publisher first = Topic.CreatePublisher();
        using Publisher second = Topic.CreatePublisher();
        using Subscriber subscriber = Topic.CreateSubscriber();
        Assert.That(first.TryClaim(1, out Claim claim), Is.True);
        second.Publish([2]);
        Assert.That(subscriber.WaitToRead(TimeSpan.FromMilliseconds(20)), Is.False);
        claim.Payload[0] = 1;
        claim.Commit();
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(2));
    }
}

[TestFixture(Place.File)]
[TestFixture(Place.InProcess)]
internal sealed class LaneRings(Place place) : ManyPublishersContract(place)
{
    private protected override TopicOptions Options => TopicOptions.Default with { Lanes = true };

    [Test]
    public void Open_claim_holds_up_nobody_else()
    {
        using Publisher first = Topic.CreatePublisher();
        using Publisher second = Topic.CreatePublisher();
        using Subscriber subscriber = Topic.CreateSubscriber();
        Assert.That(first.TryClaim(1, out Claim claim), Is.True);
        second.Publish([2]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(2));
        Assert.That(subscriber.TryRead(out _), Is.False);
        claim.Payload[0] = 1;
        claim.Commit();
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
    }

    [Test]
    public void Full_lane_leaves_the_others_their_room_and_none_is_starved()
    {
        using Publisher busy = Topic.CreatePublisher();
        using Publisher quiet = Topic.CreatePublisher();
        using Subscriber subscriber = Topic.CreateSubscriber();
        byte[] payload = new byte[100];
        while (busy.TryPublish(payload, 1))
        {
        }
        quiet.Publish(payload, 2);
        // The busy one is never empty, and still the other has its turn: at the latest after an eighth of a ring.
        for (int bytes = 0; subscriber.Read().Type != 2; bytes += 128)
        {
            Assert.That(bytes, Is.LessThanOrEqualTo(Topic.Capacity / 4));
            while (busy.TryPublish(payload, 1))
            {
            }
        }
    }

    [Test]
    public void Figures_are_those_of_all_lanes()
    {
        using Publisher first = Topic.CreatePublisher();
        using Publisher second = Topic.CreatePublisher();
        first.Publish(new byte[16]);
        second.Publish(new byte[48]);
        TopicSnapshot seen = Topic.Inspect();
        Assert.That((seen.Capacity, seen.PublishedBytes, seen.PendingBytes), Is.EqualTo((4096, 96, 96)));
        Assert.That(seen.Endpoints, Has.Count.EqualTo(2));
    }
}
