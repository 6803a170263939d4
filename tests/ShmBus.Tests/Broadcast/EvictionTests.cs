using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

/// <summary>A broadcast whose publishers wait, but not for those who lag too far.</summary>
[TestFixture(Place.File)]
[TestFixture(Place.InProcess)]
internal sealed class EvictionTests(Place place)
{
    private const int Capacity = 4096;

    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = place.CreateTopic(_directory,
            new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, Publishers = 2, EvictionLag = Capacity / 2 });
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Who_lags_too_far_is_evicted_and_told()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber fast = _topic.CreateSubscriber();
        using Subscriber slow = _topic.CreateSubscriber();
        for (int i = 0; i < 1000; i++)
        {
            Assert.That(publisher.TryPublish(BitConverter.GetBytes(i)), Is.True);
            Assert.That(BroadcastContract.Numbers(fast), Is.EqualTo([i]));
        }
        Assert.That(() => slow.TryRead(out _), Throws.TypeOf<SubscriberEvictedException>().With.Message.Contains("2048"));
        Assert.That(() => slow.Read(), Throws.TypeOf<SubscriberEvictedException>());
        Assert.That(() => slow.WaitToRead(TimeSpan.Zero), Throws.TypeOf<SubscriberEvictedException>());
        Assert.That(() => slow.Poll(static _ => { }), Throws.TypeOf<SubscriberEvictedException>());
        Assert.That(_topic.Inspect().Endpoints.Single(endpoint => endpoint.Role == EndpointRole.Subscriber && endpoint.Slot == slow.Slot).IsEvicted, Is.True);
    }

    [Test]
    public void Message_in_hand_stays_as_it_was_when_its_reader_is_evicted()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber slow = _topic.CreateSubscriber();
        publisher.Publish(BitConverter.GetBytes(-1));
        Assert.That(slow.TryRead(out Message message), Is.True);
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(-1));
    }

    /// <summary>It would help nobody: the publisher must wait for the claim.</summary>
    [Test]
    public void Who_awaits_behind_an_open_claim_is_not_evicted([Values] bool byPublishing)
    {
        using Publisher slow = _topic.CreatePublisher();
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        Assert.That(slow.TryClaim(4, out Claim claim), Is.True);
        Task<MessageCopy> read = subscriber.ReadAsync().AsTask();
        byte[] payload = new byte[112];
        for (int i = 0; i < Capacity / 2 / 128 - 1; i++)
        {
            publisher.Publish(payload);
        }
        Thread.Sleep(10); // It is woken by each message, and sleeps again behind the claim.
        Assert.That(read.IsCompleted, Is.False);
        ValueTask last = byPublishing ? publisher.PublishAsync(payload) : publisher.WaitToPublishAsync(payload.Length);
        Assert.That(last.IsCompleted, Is.False);
        claim.Dispose();
        last.AsTask().Wait();
        // When the claim is closed, either may be first: the subscriber with reading, or the publisher, which finds that it lags.
        Until.True(() => read.IsCompleted);
        Assert.That(read.Exception?.InnerException, Is.Null.Or.TypeOf<SubscriberEvictedException>());
    }

    [Test]
    public void Slot_of_one_that_was_evicted_can_be_taken_again()
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int round = 0; round < 20; round++)
        {
            using Subscriber slow = _topic.CreateSubscriber();
            for (int i = 0; i < 1000; i++)
            {
                publisher.Publish(BitConverter.GetBytes(i));
            }
            Assert.That(() => slow.TryRead(out _), Throws.TypeOf<SubscriberEvictedException>());
        }
    }

    [Test]
    public void Kept_place_that_lags_too_far_is_given_up_and_its_next_owner_told_what_it_missed()
    {
        using Publisher publisher = _topic.CreatePublisher();
        _topic.CreateSubscriber(place: "billing").Dispose();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        using Subscriber subscriber = _topic.CreateSubscriber(place: "billing");
        int[] numbers = BroadcastContract.Numbers(subscriber);
        Assert.That(subscriber.MissedBytes, Is.Positive);
        Assert.That(numbers.Length + subscriber.MissedBytes / 32, Is.EqualTo(1000));
    }

    [Test]
    public void Who_joins_at_the_oldest_may_lag_half_as_much_before_it_is_evicted_for_it()
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int ahead = 0; ahead < 2 * Capacity / 32; ahead++)
        {
            using Subscriber subscriber = _topic.CreateSubscriber(joinAt: JoinAt.Oldest);
            for (int i = 0; i < Capacity / 4 / 32; i++)
            {
                publisher.Publish(BitConverter.GetBytes(i));
            }
            Assert.That(BroadcastContract.Numbers(subscriber), Has.Length.AtLeast(Capacity / 4 / 32), $"{ahead} messages ahead");
            publisher.Publish(BitConverter.GetBytes(-1));
        }
    }

    [Test]
    public void Place_that_was_given_up_begins_where_it_may_lag_before_it_is_evicted_again()
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int more = 0; more < Capacity / 32; more++)
        {
            _topic.CreateSubscriber(place: "billing").Dispose();
            for (int i = 0; i < 1000 + more; i++)
            {
                publisher.Publish(BitConverter.GetBytes(i));
            }
            using Subscriber subscriber = _topic.CreateSubscriber(place: "billing");
            for (int i = 0; i < Capacity / 4 / 32; i++)
            {
                publisher.Publish(BitConverter.GetBytes(1000 + more + i));
            }
            int[] numbers = BroadcastContract.Numbers(subscriber);
            Assert.That(numbers.Length + subscriber.MissedBytes / 32, Is.EqualTo(1000 + more + Capacity / 4 / 32));
        }
    }

    [Test]
    public void Nobody_is_evicted_who_lags_less()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        int read = 0;
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
            if (i % 32 == 31)
            {
                read += BroadcastContract.Numbers(subscriber).Length;
            }
        }
        Assert.That(read + BroadcastContract.Numbers(subscriber).Length, Is.EqualTo(1000));
    }
}
