using System.Buffers.Binary;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.Tests.Regions;

/// <summary>What every topic does, whatever its memory is. One subclass for each kind of memory.</summary>
internal abstract class TopicContract
{
    private static readonly int Page = Environment.SystemPageSize;

    /// <summary>Makes a topic that is gone when the test is over.</summary>
    private protected abstract Topic Create(TopicOptions? options = null);

    /// <summary>What the topic says of its name.</summary>
    private protected abstract RegionName Name { get; }

    [Test]
    public void A_message_goes_through()
    {
        using Topic topic = Create();
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Assert.That(subscriber.TryRead(out _), Is.False, "a new topic is empty");
        publisher.Publish("hello"u8, type: 7);
        Message message = subscriber.Read();
        Assert.That(message.Payload.ToArray(), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(message.Type, Is.EqualTo(7));
        Assert.That(subscriber.TryRead(out _), Is.False);
    }

    [Test]
    public void Records_that_cross_the_end_of_the_ring_arrive_whole()
    {
        using Topic topic = Create(new TopicOptions { Capacity = Page });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Random sizes = new(12345);
        byte[] payload = new byte[topic.MaxMessageLength];
        int crossed = 0;
        for (int i = 0; i < 20_000; i++)
        {
            Span<byte> sent = payload.AsSpan(0, sizes.Next(payload.Length + 1));
            for (int j = 0; j < sent.Length; j++)
            {
                sent[j] = (byte)(i * 31 + j);
            }
            Assert.That(publisher.TryPublish(sent, (uint)i), Is.True);
            Assert.That(subscriber.TryRead(out Message message), Is.True);
            if (message.Type != i || !message.Payload.SequenceEqual(sent))
            {
                Assert.Fail($"Message {i} of {sent.Length} bytes at position {message.Position} was garbled.");
            }
            crossed += message.Position % Page + 16 + sent.Length > Page ? 1 : 0;
        }
        Assert.That(crossed, Is.GreaterThan(1000), "enough records crossed the end");
    }

    [Test]
    public void The_longest_message_arrives_and_a_longer_one_is_refused()
    {
        using Topic topic = Create();
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Assert.That(topic.MaxMessageLength, Is.EqualTo(topic.Capacity / 4));
        byte[] payload = new byte[topic.MaxMessageLength + 1];
        Array.Fill(payload, (byte)0xA5);
        publisher.Publish(payload.AsSpan(1));
        Assert.That(subscriber.Read().Payload.SequenceEqual(payload.AsSpan(1)), Is.True);
        MessageTooLongException refusal = Assert.Throws<MessageTooLongException>(() => publisher.Publish(payload))!;
        Assert.That((refusal.Length, refusal.MaxLength), Is.EqualTo((payload.Length, topic.MaxMessageLength)));
    }

    [Test]
    public void The_least_capacity_is_one_page()
    {
        using Topic topic = Create(new TopicOptions { Capacity = Page });
        Assert.That(topic.Capacity, Is.EqualTo(Page));
    }

    [Test]
    public void The_greatest_capacity_is_512_MiB()
    {
        const int capacity = 512 << 20;
        try
        {
            // Not populated: the bytes at the two ends are enough.
            using Topic topic = Create(new TopicOptions { Capacity = capacity });
            using Publisher publisher = topic.CreatePublisher();
            using Subscriber subscriber = topic.CreateSubscriber();
            for (long bytes = 0; bytes <= capacity; bytes += topic.MaxMessageLength)
            {
                Assert.That(publisher.TryClaim(topic.MaxMessageLength, out Claim claim), Is.True);
                BinaryPrimitives.WriteInt64LittleEndian(claim.Payload[^8..], bytes);
                claim.Commit();
                Assert.That(BinaryPrimitives.ReadInt64LittleEndian(subscriber.Read().Payload[^8..]), Is.EqualTo(bytes));
            }
        }
        catch (SpaceErrnoException exception)
        {
            Assert.Ignore($"There is no room for 512 MiB: {exception.Message}");
        }
    }

    [Test]
    public void A_capacity_out_of_bounds_is_refused_by_name(
        [Values(0, -1, int.MinValue, 1, 2048, 4095, 4097, 12288, (512 << 20) + 1, 1 << 30, int.MaxValue)] int capacity)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => Create(new TopicOptions { Capacity = capacity }).Dispose())!;
        Assert.That(refusal.Message, Does.Contain(nameof(TopicOptions.Capacity)).And.Contain($"{capacity}"));
    }

    [Test]
    public void Endpoints_live_on_when_the_topic_is_disposed()
    {
        Topic topic = Create();
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        topic.Dispose();
        publisher.Publish("still"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("still"u8), Is.True);
        Assert.That(publisher.CheckName(), Is.EqualTo(Name));
    }

    [Test]
    public void A_disposed_topic_makes_no_more_endpoints()
    {
        Topic topic = Create();
        topic.Dispose();
        topic.Dispose();
        Assert.Throws<ObjectDisposedException>(() => topic.CreatePublisher().Dispose());
        Assert.Throws<ObjectDisposedException>(() => topic.CreateSubscriber().Dispose());
        Assert.Throws<ObjectDisposedException>(() => topic.Inspect());
    }

    [Test]
    public void What_was_published_waits_for_the_next_subscriber()
    {
        using Topic topic = Create();
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish("first"u8);
            publisher.Publish("second"u8);
        }
        using (Subscriber subscriber = topic.CreateSubscriber())
        {
            Assert.That(subscriber.Read().Payload.SequenceEqual("first"u8), Is.True);
            subscriber.Complete();
        }
        using Subscriber successor = topic.CreateSubscriber();
        Assert.That(successor.Read().Payload.SequenceEqual("second"u8), Is.True);
    }

    [Test]
    public void A_slot_has_one_owner_and_is_free_when_it_is_disposed()
    {
        using Topic topic = Create();
        for (int i = 0; i < 3; i++)
        {
            using Publisher publisher = topic.CreatePublisher();
            using Subscriber subscriber = topic.CreateSubscriber();
            EndpointInUseException refusal = Assert.Throws<EndpointInUseException>(() => topic.CreatePublisher().Dispose())!;
            Assert.That(refusal.Message, Does.Contain($"{Environment.ProcessId}"));
            Assert.Throws<EndpointInUseException>(() => topic.CreateSubscriber().Dispose());
        }
    }

    [Test]
    public void Flushing_works_at_every_level([Values] Durability durability)
    {
        using Topic topic = Create();
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        publisher.Publish("kept"u8);
        publisher.Flush(durability);
        Assert.That(subscriber.Read().Payload.SequenceEqual("kept"u8), Is.True);
        subscriber.Flush(durability);
        Assert.That(subscriber.TryRead(out _), Is.False, "flushing says that the message is done with, as every call does");
        Assert.Throws<ArgumentOutOfRangeException>(() => publisher.Flush((Durability)3));
    }

    [Test]
    public void Inspecting_tells_how_far_it_is_and_who_is_there()
    {
        using Topic topic = Create();
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish(new byte[100]);
        TopicSnapshot seen = topic.Inspect();
        Assert.That((seen.Capacity, seen.PublishedBytes, seen.PendingBytes), Is.EqualTo((topic.Capacity, 128L, 128L)));
        Assert.That((seen.Name, seen.CorruptAt), Is.EqualTo((Name, (long?)null)));
        Assert.That(seen.Endpoints, Has.Count.EqualTo(1));
        Assert.That(seen.Endpoints[0].IsAlive, Is.True);
        Assert.That(seen.Endpoints[0].ProcessId, Is.EqualTo(Environment.ProcessId));
    }
}
