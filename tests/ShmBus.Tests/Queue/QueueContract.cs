using ShmBus.Regions;

namespace ShmBus.Tests.Queue;

/// <summary>What a queue does, whatever its region is made of.</summary>
internal abstract class QueueContract
{
    private const int Capacity = 4096;

    private protected Topic Topic { get; private set; } = null!;
    private protected Publisher Publisher { get; private set; } = null!;
    private protected Subscriber Subscriber { get; private set; } = null!;

    [SetUp]
    public void Open()
    {
        Topic = CreateTopic(new TopicOptions { Capacity = Capacity });
        Publisher = Topic.CreatePublisher();
        Subscriber = Topic.CreateSubscriber();
    }

    [TearDown]
    public void Close()
    {
        Publisher.Dispose();
        Subscriber.Dispose();
        Topic.Dispose();
        Clean();
    }

    private protected abstract Topic CreateTopic(TopicOptions options);

    private protected virtual void Clean()
    {
    }

    [Test]
    public void Message_arrives_with_its_bytes_and_type()
    {
        Assert.That(Publisher.TryPublish("hello"u8, 7), Is.True);
        Assert.That(Subscriber.TryRead(out Message message), Is.True);
        Assert.That(message.Payload.SequenceEqual("hello"u8), Is.True);
        Assert.That(message.Type, Is.EqualTo(7));
    }

    [Test]
    public void Empty_ring_has_nothing_to_read()
    {
        Assert.That(Subscriber.TryRead(out _), Is.False);
        Assert.That(Subscriber.Poll(static _ => Assert.Fail("There is no message.")), Is.Zero);
        Assert.That(Subscriber.WaitToRead(TimeSpan.Zero), Is.False);
    }

    [Test]
    public void Empty_message_is_a_message()
    {
        Publisher.Publish([], 3);
        Assert.That(Subscriber.TryRead(out Message message), Is.True);
        Assert.That(message.Payload.Length, Is.Zero);
        Assert.That(message.Type, Is.EqualTo(3));
    }

    [Test]
    public void Largest_message_is_a_quarter_of_the_ring_and_arrives_at_every_offset()
    {
        Assert.That(Publisher.MaxMessageLength, Is.EqualTo(Capacity / 4));
        byte[] payload = new byte[Capacity / 4];
        for (int i = 0; i < 3 * Capacity / 16; i++)
        {
            Random.Shared.NextBytes(payload);
            Publisher.Publish(payload);
            Assert.That(Subscriber.Read().Payload.SequenceEqual(payload), Is.True);
            // One unit on, so that the next one begins at another offset.
            Publisher.Publish([]);
            Assert.That(Subscriber.Read().Payload.Length, Is.Zero);
        }
    }

    [Test]
    public void Larger_message_is_refused_with_both_sizes()
    {
        MessageTooLongException exception = Assert.Throws<MessageTooLongException>(() => Publisher.TryPublish(new byte[Capacity / 4 + 1]));
        Assert.That(exception.Length, Is.EqualTo(Capacity / 4 + 1));
        Assert.That(exception.MaxLength, Is.EqualTo(Capacity / 4));
        Assert.That(exception.Message, Does.Contain("1025").And.Contain("1024"));
        Assert.Throws<MessageTooLongException>(() => Publisher.TryClaim(Capacity / 4 + 1, out _));
        Assert.Throws<MessageTooLongException>(() => Publisher.WaitToPublish(Capacity / 4 + 1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Publisher.TryClaim(-1, out _));
    }

    [Test]
    public void Full_ring_refuses_and_takes_again_when_room_was_given_back()
    {
        int published = 0;
        while (Publisher.TryPublish(BitConverter.GetBytes(published)))
        {
            published++;
        }
        Assert.That(published, Is.EqualTo(Capacity / 32), "each takes 16 bytes of header and 16 of payload and padding");
        Assert.That(Publisher.TryClaim(0, out _), Is.False);
        for (int i = 0; i < published; i++)
        {
            Assert.That(BitConverter.ToInt32(Subscriber.Read().Payload), Is.EqualTo(i));
        }
        Assert.That(Subscriber.TryRead(out _), Is.False);
        Assert.That(Publisher.TryPublish([1]), Is.True);
        Assert.That(Subscriber.Read().Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void Message_in_hand_is_not_overwritten()
    {
        Publisher.Publish("in hand"u8);
        Message message = Subscriber.Read();
        while (Publisher.TryPublish(new byte[100]))
        {
        }
        Assert.That(message.Payload.SequenceEqual("in hand"u8), Is.True);
    }

    [Test]
    public void Claim_is_seen_when_it_is_committed_and_not_before()
    {
        Assert.That(Publisher.TryClaim(5, 9, out Claim claim), Is.True);
        "claim"u8.CopyTo(claim.Payload);
        Assert.That(Subscriber.TryRead(out _), Is.False);
        Assert.That(Subscriber.WaitToRead(TimeSpan.FromMilliseconds(1)), Is.False);
        claim.Commit();
        Assert.That(Subscriber.TryRead(out Message message), Is.True);
        Assert.That(message.Payload.SequenceEqual("claim"u8), Is.True);
        Assert.That(message.Type, Is.EqualTo(9));
    }

    [Test]
    public void Claim_can_be_committed_with_any_shorter_length()
    {
        for (int claimed = 0; claimed < 70; claimed++)
        {
            for (int length = 0; length <= claimed; length++)
            {
                byte[] payload = new byte[length];
                Random.Shared.NextBytes(payload);
                Assert.That(Publisher.TryClaim(claimed, 5, out Claim claim), Is.True);
                payload.CopyTo(claim.Payload);
                claim.Commit(length);
                Message message = Subscriber.Read();
                Assert.That(message.Payload.SequenceEqual(payload), Is.True, $"{length} of {claimed}");
                Assert.That(message.Type, Is.EqualTo(5));
            }
        }
    }

    [Test]
    public void Claim_that_is_disposed_without_commit_is_passed_by()
    {
        Publisher.Publish([1]);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(Publisher.TryClaim(40, out Claim claim), Is.True);
            claim.Dispose();
        }
        Publisher.Publish([2]);
        List<byte> seen = [];
        Assert.That(Subscriber.Poll(message => seen.Add(message.Payload[0])), Is.EqualTo(2));
        Assert.That(seen, Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void Aborted_claims_alone_are_nothing_to_read_and_give_their_room_back()
    {
        for (int i = 0; i < 10 * Capacity / 1024; i++)
        {
            Claim claim;
            Assert.That(Publisher.TryClaim(1000, out claim), Is.True, $"claim {i}");
            claim.Dispose();
            Assert.That(Subscriber.WaitToRead(TimeSpan.Zero), Is.False);
            Assert.That(Subscriber.TryRead(out _), Is.False);
        }
    }

    [Test]
    public void Claim_ends_once_whichever_copy_ends_it()
    {
        Assert.That(Publisher.TryClaim(1, out Claim claim), Is.True);
        Claim copy = claim;
        copy.Commit();
        Assert.That(claim.IsOpen, Is.False);
        Assert.That(Fails<InvalidOperationException>(claim, static ended => ended.Commit()), Is.True);
        claim.Dispose();
        copy.Dispose();

        // The next claim is not touched by what is left of the last.
        Assert.That(Publisher.TryClaim(1, out Claim next), Is.True);
        claim.Dispose();
        Assert.That(next.IsOpen, Is.True);
        next.Commit();
        Assert.That(Subscriber.Poll(static _ => { }), Is.EqualTo(2));
        Assert.That(Fails<InvalidOperationException>(default, static none => none.Commit()), Is.True);
    }

    [Test]
    public void Claim_committed_longer_than_claimed_is_refused_and_stays_open()
    {
        Assert.That(Publisher.TryClaim(10, out Claim claim), Is.True);
        Assert.That(Fails<ArgumentOutOfRangeException>(claim, static open => open.Commit(11)), Is.True);
        Assert.That(Fails<ArgumentOutOfRangeException>(claim, static open => open.Commit(-1)), Is.True);
        Assert.That(claim.IsOpen, Is.True);
        claim.Commit(10);
        Assert.That(Subscriber.Read().Payload.Length, Is.EqualTo(10));
    }

    [Test]
    public void Second_claim_and_publishing_are_refused_while_a_claim_is_open()
    {
        Assert.That(Publisher.TryClaim(1, out Claim claim), Is.True);
        Assert.That(() => Publisher.TryClaim(1, out _), Throws.InvalidOperationException.With.Message.Contains("claim is open"));
        Assert.That(() => Publisher.TryPublish([1]), Throws.InvalidOperationException.With.Message.Contains("claim is open"));
        claim.Commit();
        Assert.That(Publisher.TryPublish([1]), Is.True);
    }

    [Test]
    public void Disposing_the_publisher_gives_its_claim_up()
    {
        Assert.That(Publisher.TryClaim(100, out Claim claim), Is.True);
        Publisher.Dispose();
        Assert.That(Fails<InvalidOperationException>(claim, static ended => ended.Commit()), Is.True);
        claim.Dispose();
        using Publisher successor = Topic.CreatePublisher();
        successor.Publish([9]);
        Assert.That(Subscriber.Read().Payload.ToArray(), Is.EqualTo(new byte[] { 9 }));
        Assert.That(Subscriber.Losses, Is.Zero);
    }

    [Test]
    public void Poll_stops_at_its_limit_and_goes_on_there()
    {
        for (byte i = 0; i < 10; i++)
        {
            Publisher.Publish([i]);
        }
        List<byte> seen = [];
        Assert.That(Subscriber.Poll(Add, limit: 0), Is.Zero);
        Assert.That(Subscriber.Poll(Add, limit: 4), Is.EqualTo(4));
        Assert.That(seen, Is.EqualTo(new byte[] { 0, 1, 2, 3 }));
        Assert.That(Subscriber.Poll(Add, limit: 100), Is.EqualTo(6));
        Assert.That(seen, Is.EqualTo(new byte[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Subscriber.Poll(Add, limit: -1));

        void Add(Message message) => seen.Add(message.Payload[0]);
    }

    [Test]
    public void Batch_arrives_as_messages_in_its_order()
    {
        Random random = new(1);
        MessageBatch batch = new(capacity: 0);
        Queue<(byte[] Payload, uint Type)> expected = new();
        for (int round = 0; round < 300; round++)
        {
            batch.Clear();
            for (uint type = 0; ; type++)
            {
                byte[] payload = new byte[random.Next(random.Next(2) == 0 ? 10 : 200)];
                if (batch.Length + payload.Length + 15 > Publisher.MaxMessageLength)
                {
                    break;
                }
                random.NextBytes(payload);
                batch.Add(payload, type);
                expected.Enqueue((payload, type));
            }
            Publisher.Publish(batch);
            Publisher.Publish([1, 2, 3], 99);
            expected.Enqueue(([1, 2, 3], 99));
            int polled = Subscriber.Poll(Check, random.Next(4));
            while (expected.Count > 0)
            {
                Check(Subscriber.Read());
            }
            Assert.That(Subscriber.TryRead(out _), Is.False);
        }

        void Check(Message message)
        {
            (byte[] payload, uint type) = expected.Dequeue();
            Assert.That(message.Payload.SequenceEqual(payload), Is.True);
            Assert.That(message.Type, Is.EqualTo(type));
        }
    }

    [Test]
    public void Batch_that_has_no_room_is_published_not_at_all()
    {
        MessageBatch batch = new();
        while (batch.Length + 108 <= Publisher.MaxMessageLength)
        {
            batch.Add(new byte[100]);
        }
        int published = 0;
        while (Publisher.TryPublish(batch))
        {
            published += batch.Count;
        }
        Assert.That(Subscriber.Poll(static _ => { }), Is.EqualTo(published));
        batch.Add(new byte[100]);
        Assert.That(() => Publisher.TryPublish(batch), Throws.TypeOf<MessageTooLongException>());
        batch.Clear();
        Assert.That((batch.Count, batch.Length), Is.EqualTo((0, 0)));
        Assert.That(Publisher.TryPublish(batch), Is.True, "nothing always has room");
        Assert.That(Subscriber.TryRead(out _), Is.False);
    }

    [TestCase(Acknowledge.AfterHandling, 1)]
    [TestCase(Acknowledge.BeforeHandling, 2)]
    public void Successor_goes_on_within_a_batch(Acknowledge acknowledge, int next)
    {
        MessageBatch batch = new();
        for (int i = 0; i < 5; i++)
        {
            batch.Add(BitConverter.GetBytes(i));
        }
        Publisher.Publish([7]);
        Publisher.Publish(batch);
        Subscriber.Dispose();
        using (Subscriber first = Topic.CreateSubscriber(acknowledge: acknowledge))
        {
            Assert.That(first.Read().Payload[0], Is.EqualTo(7));
            Assert.That(BitConverter.ToInt32(first.Read().Payload), Is.Zero);
            Assert.That(BitConverter.ToInt32(first.Read().Payload), Is.EqualTo(1));
        }
        using Subscriber successor = Topic.CreateSubscriber();
        for (; next < 5; next++)
        {
            Assert.That(BitConverter.ToInt32(successor.Read().Payload), Is.EqualTo(next));
        }
        Assert.That(successor.TryRead(out _), Is.False);
        // What stands in the slot from this batch means nothing in the next.
        Publisher.Publish(batch);
        successor.Dispose();
        using Subscriber last = Topic.CreateSubscriber();
        Assert.That(BitConverter.ToInt32(last.Read().Payload), Is.Zero);
    }

    [Test]
    public void Message_whose_handler_threw_is_delivered_again()
    {
        Publisher.Publish([1]);
        Publisher.Publish([2]);
        Assert.That(() => Subscriber.Poll(static _ => throw new FormatException()), Throws.TypeOf<FormatException>());
        Assert.That(Subscriber.Read().Payload.ToArray(), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void Message_whose_handler_threw_is_not_delivered_again_at_most_once()
    {
        Subscriber.Dispose();
        using Subscriber atMostOnce = Topic.CreateSubscriber(acknowledge: Acknowledge.BeforeHandling);
        Publisher.Publish([1]);
        Publisher.Publish([2]);
        Assert.That(() => atMostOnce.Poll(static _ => throw new FormatException()), Throws.TypeOf<FormatException>());
        Assert.That(atMostOnce.Read().Payload.ToArray(), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public void Positions_grow_and_name_the_record()
    {
        Publisher.Publish(new byte[10]);
        Publisher.Publish(new byte[10]);
        long first = Subscriber.Read().Position;
        Assert.That(Subscriber.Read().Position, Is.EqualTo(first + 32));
    }

    [Test]
    public void Successors_go_on_where_the_last_ones_left()
    {
        for (int i = 0; i < 1000; i++)
        {
            Publisher.Publish(BitConverter.GetBytes(i));
            Publisher.Publish(BitConverter.GetBytes(-i));
            Assert.That(BitConverter.ToInt32(Subscriber.Read().Payload), Is.EqualTo(i));
            Subscriber.Complete();
            Reopen();
            Assert.That(BitConverter.ToInt32(Subscriber.Read().Payload), Is.EqualTo(-i));
        }
    }

    [Test]
    public void Message_in_hand_at_disposal_is_delivered_again_at_least_once_only()
    {
        Publisher.Publish([1]);
        Publisher.Publish([2]);
        Subscriber.Read();
        Reopen();
        Assert.That(Subscriber.Read().Payload[0], Is.EqualTo(1));
        Subscriber.Dispose();
        using (Subscriber atMostOnce = Topic.CreateSubscriber(acknowledge: Acknowledge.BeforeHandling))
        {
            Assert.That(atMostOnce.Read().Payload[0], Is.EqualTo(1));
        }
        using Subscriber next = Topic.CreateSubscriber();
        Assert.That(next.Read().Payload[0], Is.EqualTo(2));
    }

    [Test]
    public void Messages_wait_for_a_subscriber_that_comes_later()
    {
        Subscriber.Dispose();
        int published = 0;
        while (Publisher.TryPublish(BitConverter.GetBytes(published)))
        {
            published++;
        }
        Assert.That(published, Is.EqualTo(Capacity / 32), "the publisher stops where the ring is full, as if somebody were there");
        using Subscriber late = Topic.CreateSubscriber();
        for (int i = 0; i < published; i++)
        {
            Assert.That(BitConverter.ToInt32(late.Read().Payload), Is.EqualTo(i));
        }
    }

    [Test]
    public void Nothing_is_allocated()
    {
        byte[] payload = new byte[64];
        MessageBatch batch = new();
        CountingHandler handler = default;
        RunOnce();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            RunOnce();
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(handler.Count, Is.EqualTo(4 * 10_001));

        void RunOnce()
        {
            Publisher.Publish(payload);
            _ = Publisher.TryPublish(payload);
            _ = Subscriber.WaitToRead(Timeout.InfiniteTimeSpan);
            _ = Subscriber.TryRead(out _);
            _ = Subscriber.Read();
            _ = Publisher.TryClaim(64, out Claim claim);
            claim.Commit(32);
            _ = Publisher.TryClaim(64, out claim);
            claim.Dispose();
            _ = Publisher.WaitToPublish(64, Timeout.InfiniteTimeSpan);
            Publisher.Publish(payload);
            batch.Clear();
            batch.Add(payload);
            batch.Add(payload);
            Publisher.Publish(batch);
            _ = Subscriber.Poll(ref handler);
            _ = Subscriber.TryRead(out _);
        }
    }

    [Test]
    public void Disposed_endpoints_say_so()
    {
        Publisher.Dispose();
        Subscriber.Dispose();
        Publisher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Publisher.TryPublish([1]));
        Assert.Throws<ObjectDisposedException>(() => Publisher.TryClaim(1, out _));
        Assert.Throws<ObjectDisposedException>(() => Publisher.Flush(Durability.Process));
        Assert.Throws<ObjectDisposedException>(() => Subscriber.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(() => Subscriber.WaitToRead(TimeSpan.Zero));
        Assert.Throws<ObjectDisposedException>(() => Subscriber.Poll(static _ => { }));
        Assert.Throws<ObjectDisposedException>(() => Subscriber.Complete());
    }

    [Test]
    public void Handler_may_dispose_its_own_subscriber()
    {
        Publisher.Publish([1]);
        Publisher.Publish([2]);
        int handled = Subscriber.Poll(message =>
        {
            Subscriber.Dispose();
            Assert.That(message.Payload.Length, Is.EqualTo(1), "the memory is still there");
        }, limit: 1);
        Assert.That(handled, Is.EqualTo(1));
        using Subscriber successor = Topic.CreateSubscriber();
        Assert.That(successor.Read().Payload[0], Is.EqualTo(2));
    }

    private void Reopen()
    {
        Publisher.Dispose();
        Subscriber.Dispose();
        Publisher = Topic.CreatePublisher();
        Subscriber = Topic.CreateSubscriber();
    }

    private delegate void ClaimAction(Claim claim);

    private static bool Fails<TException>(Claim claim, ClaimAction action) where TException : Exception
    {
        try
        {
            action(claim);
            return false;
        }
        catch (TException)
        {
            return true;
        }
    }

    private struct CountingHandler : IMessageHandler
    {
        internal int Count { get; private set; }

        public void OnMessage(in Message message) => Count++;
    }
}
