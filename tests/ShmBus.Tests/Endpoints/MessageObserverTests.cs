using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>Messages seen from outside: nobody notices, and nothing that is shown is torn.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MessageObserverTests : IDisposable
{
    private const ulong Seed = 7;

    public static readonly TopicOptions[] Kinds =
    [
        new() { Capacity = 65536 },
        new() { Capacity = 65536, Publishers = 3 },
        new() { Capacity = 65536, Publishers = 3, Lanes = true },
        new() { Capacity = 65536, Delivery = Delivery.Broadcast },
        new() { Capacity = 65536, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite },
        new() { Capacity = 65536, Delivery = Delivery.Broadcast, EvictionLag = 65536 },
    ];

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public void Messages_are_seen_also_after_they_were_read_and_nothing_changes([ValueSource(nameof(Kinds))] TopicOptions options)
    {
        using Bus bus = Bus.Open(_directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", options);
        MessageExtras extras = new() { CorrelationId = Guid.NewGuid(), Timestamp = DateTimeOffset.UnixEpoch.AddDays(1) };
        using (Publisher publisher = topic.CreatePublisher())
        using (Subscriber subscriber = topic.CreateSubscriber())
        {
            publisher.Publish("first"u8, 1);
            publisher.Publish("second"u8, 2, extras);
            subscriber.Poll(static _ => { });
            publisher.Publish("third"u8, 3);
        }
        // Nobody is there: endpoints wake each other whenever they look around.
        string before = Contents();
        using MessageObserver oldest = Observe(bus, JoinAt.Oldest);
        using MessageObserver newest = Observe(bus, JoinAt.End);
        List<(string, uint, MessageExtras)> seen = [];
        while (oldest.TryRead(out Message message))
        {
            seen.Add((System.Text.Encoding.UTF8.GetString(message.Payload), message.Type, NumberedMessages.ExtrasOf(message)));
        }
        Assert.Multiple(() =>
        {
            Assert.That(seen, Is.EqualTo([("first", 1, default), ("second", 2, extras), ("third", 3, default(MessageExtras))]));
            Assert.That(newest.TryRead(out _), Is.False);
            Assert.That(Contents(), Is.EqualTo(before));
        });
        using Publisher next = topic.CreatePublisher();
        next.Publish("fourth"u8);
        Assert.Multiple(() =>
        {
            Assert.That(oldest.TryRead(out Message fourth) && fourth.Payload.SequenceEqual("fourth"u8), Is.True);
            Assert.That(newest.TryRead(out fourth) && fourth.Payload.SequenceEqual("fourth"u8), Is.True);
        });
    }

    [Test]
    public void Each_way_of_publishing_is_seen_in_order([ValueSource(nameof(Kinds))] TopicOptions options)
    {
        using Bus bus = Bus.Open(_directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", options with { Capacity = 1 << 20, EvictionLag = options.EvictionLag == 0 ? 0 : 1 << 20 });
        using MessageObserver observer = Observe(bus, JoinAt.End);
        NumberedMessages messages = new(Seed, topic.MaxMessageLength);
        long next = 0;
        long sent = 0;
        // As much as is surely not written over.
        for (int lap = 0; lap < 20; lap++)
        {
            int count = 0;
            for (long bytes = 0; bytes + messages.Length(sent + count) + 1024 < topic.Capacity / 2; bytes += messages.Length(sent + count++) + 1024)
            {
            }
            using (PeerProcess peer = PeerProcess.Start("send", topic.Path!, "Adaptive", Seed, sent, count))
            {
                Assert.That(peer.ReadToEnd(), Is.EqualTo("ready\nsent\n"));
            }
            sent += count;
            while (observer.TryRead(out Message message))
            {
                messages.Verify(next++, message);
            }
            Assert.That(next, Is.EqualTo(sent));
            using Subscriber subscriber = topic.CreateSubscriber();
            subscriber.Poll(static _ => { });
        }
        Assert.That(observer.MissedBytes, Is.Zero);
    }

    [Test]
    public void What_is_shown_is_never_torn_at_full_speed([ValueSource(nameof(Kinds))] TopicOptions options)
    {
        const int Count = 300_000;
        using Bus bus = Bus.Open(_directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", options);
        NumberedMessages messages = new(Seed, topic.MaxMessageLength);
        bool isRead = options.Overflow == Overflow.Wait && options.EvictionLag == 0;
        using PeerProcess? reader = isRead ? PeerProcess.Start("receive", topic.Path!, "Adaptive", Seed, 0, Count) : null;
        reader?.Expect("ready");
        using PeerProcess sender = PeerProcess.Start("send", topic.Path!, "Adaptive", Seed, 0, Count);
        Task<string> sent = Task.Run(sender.ReadToEnd);
        long seen = 0, last = -1, passes = 0;
        while (!sent.IsCompleted)
        {
            // From the oldest again and again: the place that is written over next.
            using MessageObserver observer = Observe(bus, JoinAt.Oldest);
            for (int i = 0; i < 2000 && observer.TryRead(out Message message); i++)
            {
                long number = message.Payload.Length >= sizeof(long) ? MemoryMarshal.Read<long>(message.Payload) : -1;
                if (number >= 0)
                {
                    messages.Verify(number, message);
                    last = Math.Max(last, number);
                    seen++;
                }
            }
            passes++;
        }
        TestContext.Out.WriteLine($"{seen} messages were seen in {passes} passes, the last one was {last} of {Count}.");
        Assert.Multiple(() =>
        {
            Assert.That(sent.Result, Is.EqualTo("ready\nsent\n"));
            Assert.That(seen, Is.Positive);
            Assert.That(last, Is.LessThan(Count));
        });
    }

    [Test]
    public void What_a_calm_publisher_writes_ahead_of_its_tail_is_not_shown()
    {
        using Bus bus = Bus.Open(_directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", new TopicOptions { Capacity = 4096 });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        byte[] payload = new byte[100];
        for (int i = 0; i < 5000; i++)
        {
            payload.AsSpan().Fill((byte)(1 + i % 255));
            publisher.Publish(payload);
            subscriber.Read();
            // Finds nothing, and gives the room back: by that the publisher knows that it is calm.
            Assert.That(subscriber.TryRead(out _), Is.False);
            using MessageObserver observer = Observe(bus, JoinAt.Oldest);
            while (observer.TryRead(out Message message))
            {
                Assert.That(message.Payload.ContainsAnyExcept(message.Payload[0]), Is.False, $"after message {i}");
            }
        }
    }

    [Test]
    public void Claim_of_a_living_publisher_is_waited_for_and_that_of_a_dead_one_passed_by([Values(1, 3)] int publishers, [Values] bool isBroadcast)
    {
        using Bus bus = Bus.Open(_directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", new TopicOptions { Publishers = publishers, Delivery = isBroadcast ? Delivery.Broadcast : Delivery.Queue });
        using MessageObserver observer = Observe(bus, JoinAt.End);
        using PeerProcess peer = PeerProcess.Start("pause-in-claim", topic.Path!, 1);
        peer.Expect("in claim");
        Assert.That(observer.TryRead(out _), Is.True);
        Assert.That(observer.TryRead(out _), Is.False);
        peer.WriteLine("");
        peer.Expect("committed");
        Assert.That(observer.TryRead(out Message message) && !message.Payload.ContainsAnyExcept((byte)42), Is.True);
        peer.ExitCode();

        using (PeerProcess dying = PeerProcess.Start("die-in-claim", topic.Path!, 1))
        {
            dying.ExitCode();
        }
        using Publisher next = topic.CreatePublisher();
        next.Publish("next"u8);
        Assert.That(observer.TryRead(out _), Is.True);
        Assert.That(observer.TryRead(out message) && message.Payload.SequenceEqual("next"u8), Is.True);
        Assert.That(observer.LostBytes, Is.Positive);
    }

    [Test]
    public void Passed_observer_counts_what_it_missed()
    {
        using Bus bus = Bus.Open(_directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", new TopicOptions { Capacity = 4096, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite });
        using MessageObserver observer = Observe(bus, JoinAt.End);
        using Publisher publisher = topic.CreatePublisher();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        int count = 0;
        while (observer.TryRead(out Message message))
        {
            count++;
            Assert.That(message.Payload.Length, Is.EqualTo(4));
        }
        Assert.That(count * 32 + observer.MissedBytes, Is.EqualTo(1000 * 32));
        Assert.That(count, Is.Positive);
    }

    private static MessageObserver Observe(Bus bus, JoinAt joinAt)
    {
        using TopicObserver observer = bus.ObserveTopic("t");
        return observer.ObserveMessages(joinAt);
    }

    private string Contents() => string.Join(' ', Directory.GetFiles(_directory.Path).Order().Select(static file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))));
}
