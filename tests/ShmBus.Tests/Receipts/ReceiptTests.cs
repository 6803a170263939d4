using System.Collections.Concurrent;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus.Tests.Receipts;

/// <summary>Messages that are acknowledged by receipts: what comes again is what was not acknowledged, and nothing else.</summary>
[TestFixtureSource(typeof(TopicOfAKind), nameof(TopicOfAKind.All))]
internal sealed class ReceiptTests(string kind)
{
    private TopicOfAKind _topic = null!;

    [SetUp]
    public void Open() => _topic = new TopicOfAKind(kind);

    [TearDown]
    public void Close() => _topic.Dispose();

    [Test]
    public void What_was_read_and_not_acknowledged_comes_again()
    {
        _topic.Publish(0, 10);
        using (Subscriber subscriber = _topic.Subscribe())
        {
            List<(int Number, MessageReceipt Receipt)> read = TopicOfAKind.ReadAll(subscriber);
            Assert.That(read.Select(static read => read.Number), Is.EqualTo(Enumerable.Range(0, 10)));
            subscriber.Complete();
            subscriber.Acknowledge(read[3].Receipt);
            subscriber.Acknowledge(read[1].Receipt);
            subscriber.Acknowledge(read[3].Receipt);
        }
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(4, 6)));
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(4, 6)));
        using (Subscriber subscriber = _topic.Subscribe())
        {
            subscriber.Acknowledge(TopicOfAKind.ReadAll(subscriber)[^1].Receipt);
        }
        Assert.That(_topic.Again(), Is.Empty);
    }

    [Test]
    public void Each_message_of_a_batch_is_acknowledged_for_itself([Range(0, 11)] int last)
    {
        MessageBatch batch = new();
        for (int i = 1; i <= 10; i++)
        {
            batch.Add(BitConverter.GetBytes(i));
        }
        _topic.Publish(0, 1);
        _topic.Publisher.Publish(batch);
        _topic.Publish(11, 1);
        using (Subscriber subscriber = _topic.Subscribe())
        {
            subscriber.Acknowledge(TopicOfAKind.ReadAll(subscriber)[last].Receipt);
        }
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(last + 1, 11 - last)));
        using (Subscriber subscriber = _topic.Subscribe())
        {
            // Two more, in the batch as the last one left it.
            foreach ((int number, MessageReceipt receipt) in TopicOfAKind.ReadAll(subscriber).Take(2))
            {
                last = number;
                subscriber.Acknowledge(receipt);
            }
        }
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(last + 1, 11 - last)));
    }

    [Test]
    public void Messages_with_extras_and_shorter_than_claimed_are_acknowledged_likewise([Range(0, 2)] int last)
    {
        _topic.Publisher.Publish(BitConverter.GetBytes(0), 0, new MessageExtras { CorrelationId = Guid.NewGuid() });
        Assert.That(_topic.Publisher.TryClaim(100, out Claim claim), Is.True);
        BitConverter.TryWriteBytes(claim.Payload, 1);
        claim.Commit(4);
        _topic.Publish(2, 1);
        using (Subscriber subscriber = _topic.Subscribe())
        {
            subscriber.Acknowledge(TopicOfAKind.ReadAll(subscriber)[last].Receipt);
        }
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(last + 1, 2 - last)));
    }

    [Test]
    public void Room_is_held_back_by_what_is_not_acknowledged()
    {
        if (!_topic.Waits)
        {
            Assert.Pass("Publishers evict it instead: see below.");
        }
        using Subscriber subscriber = _topic.Subscribe();
        for (int round = 0; round < 3; round++)
        {
            _topic.Publish(0, TopicOfAKind.Capacity / 32);
            List<(int Number, MessageReceipt Receipt)> read = TopicOfAKind.ReadAll(subscriber);
            Assert.That(read, Has.Count.EqualTo(TopicOfAKind.Capacity / 32));
            Assert.That(_topic.Publisher.TryPublish([]), Is.False);
            // All was read: room is given back at once, however little.
            subscriber.Acknowledge(read[0].Receipt);
            Assert.That(_topic.Fill(), Is.EqualTo(32));
            subscriber.Acknowledge(read[^1].Receipt);
            while (subscriber.TryRead(out _))
            {
                subscriber.Acknowledge(subscriber.GetReceipt());
            }
        }
    }

    [Test]
    public void One_that_acknowledges_too_little_is_evicted_where_publishers_evict()
    {
        if (_topic.Waits)
        {
            Assert.Pass("Publishers wait for it: see above.");
        }
        MessageReceipt receipt;
        using (Subscriber subscriber = _topic.Subscribe())
        {
            _topic.Publish(0, TopicOfAKind.Capacity / 32);
            receipt = TopicOfAKind.ReadAll(subscriber)[^1].Receipt;
            Assert.That(subscriber.TryRead(out _), Is.False);
            _topic.Publish(1000, 10);
            Assert.That(() => subscriber.TryRead(out _), Throws.TypeOf<SubscriberEvictedException>());
            // What was handled is said to be, all the same.
            subscriber.Acknowledge(receipt);
        }
        Assert.That(_topic.Again(), Is.EqualTo(Enumerable.Range(1000, 10)));
    }

    [Test]
    public void Room_of_aborted_claims_comes_back_with_what_stands_before_them()
    {
        using Subscriber subscriber = _topic.Subscribe();
        _topic.Publish(0, 2);
        _topic.Abort(100);
        _topic.Publish(2, 1);
        _topic.Abort(200);
        _topic.Abort(300);
        List<(int Number, MessageReceipt Receipt)> read = TopicOfAKind.ReadAll(subscriber);
        subscriber.Acknowledge(read[1].Receipt);
        Assert.That(_topic.Topic.Inspect().PublishedBytes, Is.EqualTo(3 * 32 + 128 + 224 + 320));
        subscriber.Acknowledge(read[2].Receipt);
        _topic.ExpectWholeRingToBeFree(subscriber);
    }

    [Test]
    public void Room_of_aborted_claims_behind_what_is_acknowledged_comes_back_at_once()
    {
        using Subscriber subscriber = _topic.Subscribe();
        for (int i = 0; i < 50; i++)
        {
            _topic.Abort(900);
            Assert.That(subscriber.TryRead(out _), Is.False);
            _topic.Publish(i, 1);
            Assert.That(subscriber.TryRead(out Message message), Is.True);
            Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(i));
            MessageReceipt receipt = subscriber.GetReceipt();
            _topic.Abort(900);
            Assert.That(subscriber.TryRead(out _), Is.False);
            subscriber.Acknowledge(receipt);
        }
        _topic.ExpectWholeRingToBeFree(subscriber);
    }

    [Test]
    public void Room_of_aborted_claims_comes_back_by_a_receipt_that_was_asked_for_among_them()
    {
        using Subscriber subscriber = _topic.Subscribe();
        _topic.Publish(0, 2);
        _topic.Abort(100);
        subscriber.Read();
        Assert.That(subscriber.Poll(static _ => { }), Is.EqualTo(1));
        MessageReceipt receipt = subscriber.GetReceipt();
        _topic.Abort(200);
        Assert.That(subscriber.TryRead(out _), Is.False);
        subscriber.Acknowledge(receipt);
        _topic.ExpectWholeRingToBeFree(subscriber);
    }

    [Test]
    public async Task Publisher_that_waits_for_room_gets_it_from_a_subscriber_that_waits()
    {
        if (!_topic.Waits)
        {
            Assert.Pass("Its publishers do not wait.");
        }
        const int count = 5_000;
        using Subscriber subscriber = _topic.Subscribe();
        Task publishing = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await _topic.Publisher.PublishAsync(new byte[500]);
            }
        });
        // Whoever handles is another thread, and what it has handled is acknowledged while the subscriber waits.
        ConcurrentQueue<MessageReceipt> handled = new();
        for (int acknowledged = 0; acknowledged < count;)
        {
            if (await subscriber.WaitToReadAsync())
            {
                List<MessageReceipt> read = [];
                while (subscriber.TryRead(out _))
                {
                    read.Add(subscriber.GetReceipt());
                }
                _ = Task.Run(() =>
                {
                    foreach (MessageReceipt receipt in read)
                    {
                        handled.Enqueue(receipt);
                        subscriber.CancelPendingWait();
                    }
                });
            }
            while (handled.TryDequeue(out MessageReceipt receipt))
            {
                subscriber.Acknowledge(receipt);
                acknowledged++;
            }
        }
        await publishing;
    }

    [Test]
    public void Receipt_is_that_of_the_message_read_last_however_it_was_read()
    {
        MessageReceipt receipt;
        _topic.Publish(0, 6);
        using (Subscriber subscriber = _topic.Subscribe())
        {
            Assert.That(subscriber.Poll(static _ => { }, limit: 2), Is.EqualTo(2));
            receipt = subscriber.GetReceipt();
            int handled = 0;
            Assert.That(() => subscriber.Poll(message => handled += message.Payload[0] < 4 ? 1 : throw new InvalidDataException()), Throws.TypeOf<InvalidDataException>());
            Assert.That(handled, Is.EqualTo(2));
            Assert.That(subscriber.GetReceipt(), Is.Not.EqualTo(receipt));
            subscriber.Acknowledge(subscriber.GetReceipt());
        }
        Assert.That(_topic.Again(), Is.EqualTo(new[] { 4, 5 }), "two of the first run and two of the second, without the one that was refused");
        using (Subscriber subscriber = _topic.Subscribe())
        {
            using MessageCopy copy = subscriber.ReadAsync().AsTask().Result;
            Assert.That(BitConverter.ToInt32(copy.Payload.Span), Is.EqualTo(4));
            receipt = subscriber.GetReceipt();
            subscriber.Complete();
            Assert.That(subscriber.GetReceipt(), Is.EqualTo(receipt));
            subscriber.Acknowledge(receipt);
        }
        Assert.That(_topic.Again(), Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public void Receipt_leaves_the_message_in_hand()
    {
        using Subscriber subscriber = _topic.Subscribe();
        _topic.Publish(7, 1);
        Message message = subscriber.Read();
        _ = subscriber.GetReceipt();
        while (_topic.Waits && _topic.Publisher.TryPublish(new byte[100]))
        {
        }
        Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(7));
    }

    [Test]
    public void Messages_of_a_type_have_receipts_as_well()
    {
        using (Subscriber<int> subscriber = new(_topic.Subscribe(), MessageSerializer.Unmanaged<int>()))
        {
            _topic.Publish(0, 3);
            Assert.That(subscriber.ReadAsync().AsTask().Result, Is.Zero);
            MessageReceipt receipt = subscriber.Raw.GetReceipt();
            Assert.That(subscriber.TryRead(out int second) ? second : -1, Is.EqualTo(1));
            subscriber.Raw.Acknowledge(receipt);
        }
        Assert.That(_topic.Again(), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void Receipt_of_nothing_or_of_somebody_else_is_refused()
    {
        _topic.Publish(0, 2);
        MessageReceipt foreign;
        using (Subscriber before = _topic.Subscribe())
        {
            Assert.That(before.GetReceipt, Throws.InvalidOperationException);
            before.Read();
            foreign = before.GetReceipt();
        }
        using Subscriber subscriber = _topic.Subscribe();
        subscriber.Read();
        MessageReceipt own = subscriber.GetReceipt();
        Assert.That(() => subscriber.Acknowledge(foreign), Throws.ArgumentException);
        Assert.That(() => subscriber.Acknowledge(default), Throws.ArgumentException);
        ulong end = own.Resume;
        foreach ((int lane, ulong resume, ulong within) in new (int, ulong, ulong)[]
        {
            (own.Lane, end + 8, 0), (own.Lane, end + 16, 0), (own.Lane, end, end + 16), (own.Lane, end - 16, end - 4), (own.Lane, ulong.MaxValue & ~15UL, 0),
            (own.Lane, 1UL << 63, 1UL << 63), (3, end, 0), (64, end, 0), (-2, end, 0), (int.MinValue, end, 0), (int.MaxValue, end, 0),
        })
        {
            Assert.That(() => subscriber.Acknowledge(new MessageReceipt(subscriber, lane, resume, within)), Throws.ArgumentException, $"{lane} {resume} {within}");
        }
        subscriber.Dispose();
        Assert.That(() => subscriber.Acknowledge(own), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(subscriber.GetReceipt, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(_topic.Again(), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void Receipts_are_for_those_who_acknowledge_explicitly([Values(Acknowledge.AfterHandling, Acknowledge.BeforeHandling)] Acknowledge acknowledge)
    {
        using Subscriber subscriber = _topic.Topic.CreateSubscriber(acknowledge: acknowledge);
        _topic.Publish(0, 1);
        subscriber.Read();
        Assert.That(subscriber.GetReceipt, Throws.InvalidOperationException.With.Message.Contains(nameof(Acknowledge.Explicitly)));
        Assert.That(() => subscriber.Acknowledge(default), Throws.InvalidOperationException);
    }
}
