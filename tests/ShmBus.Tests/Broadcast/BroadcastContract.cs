using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.Tests.Broadcast;

/// <summary>What a broadcast whose publishers wait does, whatever its region is made of.</summary>
internal abstract class BroadcastContract
{
    private const int Capacity = 4096;

    private Topic _topic = null!;

    [SetUp]
    public void Open() => _topic = CreateTopic(new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, Subscribers = 4 });

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        Clean();
    }

    private protected abstract Topic CreateTopic(TopicOptions options);

    private protected virtual void Clean()
    {
    }

    [Test]
    public void Every_subscriber_gets_every_message_in_order()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber first = _topic.CreateSubscriber();
        using Subscriber second = _topic.CreateSubscriber();
        for (int round = 0; round < 100; round++)
        {
            for (int i = 0; i < 20; i++)
            {
                publisher.Publish(BitConverter.GetBytes(i));
            }
            Assert.That(Numbers(first), Is.EqualTo(Enumerable.Range(0, 20)));
            Assert.That(Numbers(second), Is.EqualTo(Enumerable.Range(0, 20)));
        }
    }

    [Test]
    public void With_nobody_there_publishing_never_waits()
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int i = 0; i < 10 * Capacity / 32; i++)
        {
            Assert.That(publisher.TryPublish(BitConverter.GetBytes(i)), Is.True);
        }
    }

    [Test]
    public void Who_joins_at_the_end_gets_what_comes_from_then_on()
    {
        using Publisher publisher = _topic.CreatePublisher();
        publisher.Publish(BitConverter.GetBytes(1));
        using Subscriber subscriber = _topic.CreateSubscriber();
        publisher.Publish(BitConverter.GetBytes(2));
        Assert.That(Numbers(subscriber), Is.EqualTo([2]));
    }

    [Test]
    public void Who_comes_back_without_a_place_gets_what_comes_from_then_on()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using (Subscriber first = _topic.CreateSubscriber())
        {
            publisher.Publish(BitConverter.GetBytes(1));
            Assert.That(Numbers(first), Is.EqualTo([1]));
        }
        publisher.Publish(BitConverter.GetBytes(2));
        using Subscriber again = _topic.CreateSubscriber();
        publisher.Publish(BitConverter.GetBytes(3));
        Assert.That(Numbers(again), Is.EqualTo([3]));
    }

    [Test]
    public void Who_joins_at_the_oldest_gets_what_is_still_there()
    {
        using Publisher publisher = _topic.CreatePublisher();
        publisher.Publish(BitConverter.GetBytes(1));
        publisher.Publish(BitConverter.GetBytes(2));
        using Subscriber subscriber = _topic.CreateSubscriber(joinAt: JoinAt.Oldest);
        Assert.That(Numbers(subscriber), Is.EqualTo([1, 2]));
    }

    [Test]
    public void Who_joins_at_the_oldest_of_a_long_stream_begins_at_a_message_and_misses_none_after_it()
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        using Subscriber subscriber = _topic.CreateSubscriber(joinAt: JoinAt.Oldest);
        int[] numbers = Numbers(subscriber);
        Assert.That(numbers, Is.Not.Empty);
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(numbers[0], 1000 - numbers[0])));
    }

    [Test]
    public void Slowest_holds_the_publisher_back_until_it_reads()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber fast = _topic.CreateSubscriber();
        using Subscriber slow = _topic.CreateSubscriber();
        int sent = Fill(publisher);
        Assert.That(Numbers(fast), Has.Length.EqualTo(sent));
        Assert.That(publisher.TryPublish(new byte[16]), Is.False);
        Assert.That(Numbers(slow), Has.Length.EqualTo(sent));
        Assert.That(publisher.TryPublish(new byte[16]), Is.True);
    }

    [Test]
    public void Who_leaves_holds_nobody_back()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber stays = _topic.CreateSubscriber();
        Subscriber leaves = _topic.CreateSubscriber();
        int sent = Fill(publisher);
        Assert.That(Numbers(stays), Has.Length.EqualTo(sent));
        Assert.That(publisher.TryPublish(new byte[16]), Is.False);
        leaves.Dispose();
        Assert.That(publisher.TryPublish(new byte[16]), Is.True);
    }

    [Test]
    public void Publisher_that_waits_for_one_that_leaves_goes_on()
    {
        using Publisher publisher = _topic.CreatePublisher(WaitStrategy.Park);
        Subscriber leaves = _topic.CreateSubscriber();
        Fill(publisher);
        Task publishing = Task.Run(() => publisher.Publish(new byte[16]));
        leaves.Dispose();
        publishing.Wait();
    }

    [Test]
    public void Named_place_is_kept_and_the_next_of_its_name_goes_on_there()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using (Subscriber first = _topic.CreateSubscriber(place: "billing"))
        {
            Assert.That(first.PlaceName, Is.EqualTo("billing"));
            publisher.Publish(BitConverter.GetBytes(1));
            Assert.That(Numbers(first), Is.EqualTo([1]));
        }
        publisher.Publish(BitConverter.GetBytes(2));
        publisher.Publish(BitConverter.GetBytes(3));
        using Subscriber other = _topic.CreateSubscriber(place: "audit");
        using Subscriber second = _topic.CreateSubscriber(place: "billing", joinAt: JoinAt.End);
        Assert.That(Numbers(second), Is.EqualTo([2, 3]));
        Assert.That(Numbers(other), Is.Empty);
        Assert.That(second.MissedBytes, Is.Zero);
    }

    [Test]
    public void Kept_place_holds_publishers_back_until_it_is_given_up()
    {
        using Publisher publisher = _topic.CreatePublisher();
        _topic.CreateSubscriber(place: "billing").Dispose();
        Fill(publisher);
        Assert.That(publisher.TryPublish(new byte[16]), Is.False);
        Assert.That(_topic.RemovePlace("billing"), Is.True);
        Assert.That(publisher.TryPublish(new byte[16]), Is.True);
        Assert.That(_topic.RemovePlace("billing"), Is.False);
    }

    [Test]
    public void Publisher_that_waits_for_a_kept_place_goes_on_when_it_is_given_up()
    {
        using Publisher publisher = _topic.CreatePublisher(WaitStrategy.Park);
        _topic.CreateSubscriber(place: "billing").Dispose();
        Fill(publisher);
        Task publishing = Task.Run(() => publisher.Publish(new byte[16]));
        Assert.That(_topic.RemovePlace("billing"), Is.True);
        publishing.Wait();
    }

    [Test]
    public void Place_has_one_owner_at_a_time()
    {
        using Subscriber first = _topic.CreateSubscriber(place: "billing");
        Assert.That(() => _topic.CreateSubscriber(place: "billing"), Throws.TypeOf<EndpointInUseException>().With.Message.Contains("billing"));
        Assert.That(() => _topic.RemovePlace("billing"), Throws.TypeOf<EndpointInUseException>().With.Message.Contains("billing"));
    }

    [Test]
    public void Place_that_is_given_up_by_many_at_once_refuses_nobody_who_joins_there_and_is_given_up_once()
    {
        for (int i = 0; i < 3; i++)
        {
            _topic.CreateSubscriber(place: $"other {i}").Dispose();
        }
        for (int round = 0; round < 300; round++)
        {
            // The topic has room for no more than this place.
            _topic.CreateSubscriber(place: "billing").Dispose();
            using System.Threading.Barrier barrier = new(4);
            Task<bool>[] removers = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(() =>
            {
                barrier.SignalAndWait();
                return TryRemove("billing");
            }, TaskCreationOptions.LongRunning))];
            barrier.SignalAndWait();
            _topic.CreateSubscriber(place: "billing").Dispose();
            Task.WaitAll(removers);
            TryRemove("billing");
        }

        bool TryRemove(string place)
        {
            try
            {
                return _topic.RemovePlace(place);
            }
            catch (EndpointInUseException refusal) when (refusal.Holders.Count == 0)
            {
                // The one who joined has it.
                return false;
            }
        }
    }

    [Test]
    public void Kept_places_count_as_subscribers_and_are_named_when_all_are_taken()
    {
        for (int i = 0; i < 4; i++)
        {
            _topic.CreateSubscriber(place: $"place {i}").Dispose();
        }
        Assert.That(() => _topic.CreateSubscriber(), Throws.TypeOf<EndpointInUseException>()
            .With.Message.Contains("place 0").And.Message.Contains("place 3").And.Property("Holders").Count.EqualTo(4));
        using Subscriber again = _topic.CreateSubscriber(place: "place 2");
        Assert.That(again.Slot, Is.EqualTo(2));
    }

    [TestCase("")]
    [TestCase("a\nb")]
    [TestCase("ääääääääääääääääääääääääääääääääx")]
    public void Names_that_cannot_be_are_refused(string name) =>
        Assert.That(() => _topic.CreateSubscriber(place: name), Throws.ArgumentException.With.Message.Contains("1 to 64 bytes"));

    [Test]
    public void Each_subscriber_acknowledges_for_itself()
    {
        using Publisher publisher = _topic.CreatePublisher();
        Subscriber atLeastOnce = _topic.CreateSubscriber(place: "least");
        Subscriber atMostOnce = _topic.CreateSubscriber(place: "most", acknowledge: Acknowledge.BeforeHandling);
        publisher.Publish(BitConverter.GetBytes(7));
        Assert.That(() => atLeastOnce.Poll(static _ => throw new InvalidOperationException("handler")), Throws.InvalidOperationException);
        Assert.That(() => atMostOnce.Poll(static _ => throw new InvalidOperationException("handler")), Throws.InvalidOperationException);
        atLeastOnce.Dispose();
        atMostOnce.Dispose();
        using Subscriber least = _topic.CreateSubscriber(place: "least");
        using Subscriber most = _topic.CreateSubscriber(place: "most");
        Assert.That(Numbers(least), Is.EqualTo([7]));
        Assert.That(Numbers(most), Is.Empty);
    }

    [Test]
    public void New_place_gets_all_of_a_batch_in_whose_middle_the_last_owner_of_its_slot_stopped()
    {
        using Publisher publisher = _topic.CreatePublisher();
        MessageBatch batch = new();
        for (int i = 0; i < 5; i++)
        {
            batch.Add(BitConverter.GetBytes(i));
        }
        Subscriber stops = _topic.CreateSubscriber();
        publisher.Publish(batch);
        stops.Read();
        stops.Read();
        stops.Dispose();
        using Subscriber next = _topic.CreateSubscriber(joinAt: JoinAt.Oldest);
        Assert.That(next.Slot, Is.EqualTo(stops.Slot));
        Assert.That(Numbers(next), Is.EqualTo(Enumerable.Range(0, 5)));
    }

    [Test]
    public void Sleeping_subscribers_are_all_woken_by_one_message()
    {
        using Publisher publisher = _topic.CreatePublisher();
        Subscriber[] subscribers = [.. Enumerable.Range(0, 4).Select(_ => _topic.CreateSubscriber(WaitStrategy.Park))];
        Task<int>[] readings = [.. subscribers.Select(static subscriber => Task.Factory.StartNew(
            () => BitConverter.ToInt32(subscriber.Read().Payload), TaskCreationOptions.LongRunning))];
        publisher.Publish(BitConverter.GetBytes(42));
        Assert.That(readings.Select(static reading => reading.Result), Is.All.EqualTo(42));
        Array.ForEach(subscribers, static subscriber => subscriber.Dispose());
    }

    [Test]
    public void Snapshot_tells_of_places_and_of_who_lags()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber fast = _topic.CreateSubscriber();
        _topic.CreateSubscriber(place: "billing").Dispose();
        publisher.Publish(new byte[16]);
        Numbers(fast);
        TopicSnapshot snapshot = _topic.Inspect();
        EndpointInfo[] subscribers = [.. snapshot.Endpoints.Where(static endpoint => endpoint.Role == EndpointRole.Subscriber)];
        Assert.That(subscribers.Select(static endpoint => (endpoint.PlaceName, endpoint.IsAlive, endpoint.PendingBytes)),
            Is.EqualTo(new (string?, bool, long)[] { (null, true, 0), ("billing", false, 32) }));
        Assert.That(snapshot.PendingBytes, Is.EqualTo(32));
    }

    [Test]
    public void Batch_reaches_every_subscriber()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber first = _topic.CreateSubscriber();
        using Subscriber second = _topic.CreateSubscriber();
        MessageBatch batch = new();
        for (int i = 0; i < 5; i++)
        {
            batch.Add(BitConverter.GetBytes(i));
        }
        publisher.Publish(batch);
        Assert.That(Numbers(first), Is.EqualTo(Enumerable.Range(0, 5)));
        Assert.That(Numbers(second), Is.EqualTo(Enumerable.Range(0, 5)));
    }

    internal static int[] Numbers(Subscriber subscriber)
    {
        List<int> numbers = [];
        while (subscriber.TryRead(out Message message))
        {
            numbers.Add(BitConverter.ToInt32(message.Payload));
        }
        return [.. numbers];
    }

    internal static int Fill(Publisher publisher)
    {
        int sent = 0;
        while (publisher.TryPublish(new byte[16]))
        {
            sent++;
        }
        return sent;
    }
}
