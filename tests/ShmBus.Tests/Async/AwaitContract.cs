namespace ShmBus.Tests.Async;

/// <summary>What awaiting a queue does, whatever its region is made of.</summary>
internal abstract class AwaitContract
{
    private const int Capacity = 4096;

    private static readonly byte[] Quarter = new byte[Capacity / 4];

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
    public void What_can_be_done_is_done_at_once()
    {
        ValueTask room = Publisher.WaitToPublishAsync(5);
        Assert.That(room.IsCompletedSuccessfully, Is.True);
        ValueTask published = Publisher.PublishAsync("hello"u8.ToArray(), 7);
        Assert.That(published.IsCompletedSuccessfully, Is.True);
        ValueTask<bool> isThere = Subscriber.WaitToReadAsync();
        Assert.That(isThere.IsCompletedSuccessfully && isThere.Result, Is.True);
        ValueTask<MessageCopy> read = Subscriber.ReadAsync();
        Assert.That(read.IsCompletedSuccessfully, Is.True);
        using MessageCopy message = read.Result;
        Assert.That(message.Payload.Span.SequenceEqual("hello"u8), Is.True);
        Assert.That(message.Type, Is.EqualTo(7));
        Assert.That(message.Position, Is.EqualTo(Capacity));
    }

    [Test]
    public async Task Read_completes_when_a_message_comes()
    {
        for (byte i = 0; i < 10; i++)
        {
            ValueTask<MessageCopy> read = Subscriber.ReadAsync();
            Assert.That(read.IsCompleted, Is.False);
            Publisher.Publish([i, 2], i);
            using MessageCopy message = await read;
            Assert.That(message.Payload.ToArray(), Is.EqualTo(new byte[] { i, 2 }));
            Assert.That(message.Type, Is.EqualTo(i));
        }
    }

    [Test]
    public async Task Message_that_was_waited_for_is_read_in_place()
    {
        for (byte i = 0; i < 10; i++)
        {
            ValueTask<bool> wait = Subscriber.WaitToReadAsync();
            Assert.That(wait.IsCompleted, Is.False);
            Publisher.Publish([i]);
            Assert.That(await wait, Is.True);
            Assert.That(TakeByte(), Is.EqualTo(i));
        }
    }

    [Test]
    public async Task Publish_completes_when_there_is_room()
    {
        for (byte i = 1; i < 10; i++)
        {
            Fill();
            byte[] payload = [i, .. Quarter.AsSpan(1)];
            ValueTask publish = Publisher.PublishAsync(payload, i);
            Assert.That(publish.IsCompleted, Is.False);
            List<(uint Type, int First)> arrived = await ReadUntil(() => publish.IsCompleted);
            await publish;
            Assert.That(arrived[^1], Is.EqualTo(((uint)i, (int)i)), "it comes after all others");
        }
    }

    [Test]
    public async Task Batch_completes_when_there_is_room_for_all_of_it()
    {
        Fill();
        MessageBatch batch = new();
        for (byte i = 0; i < 20; i++)
        {
            batch.Add([i], 9);
        }
        ValueTask publish = Publisher.PublishAsync(batch);
        Assert.That(publish.IsCompleted, Is.False);
        List<(uint Type, int First)> arrived = await ReadUntil(() => publish.IsCompleted);
        await publish;
        Assert.That(arrived.Where(static message => message.Type == 9).Select(static message => message.First), Is.EqualTo(Enumerable.Range(0, 20)));
        Assert.That(Publisher.PublishAsync(batch).IsCompletedSuccessfully, Is.True);
        Assert.That(Publisher.PublishAsync(new MessageBatch()).IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void Batch_that_is_changed_while_it_waits_is_refused()
    {
        Fill();
        MessageBatch batch = new();
        batch.Add(new byte[300]);
        Task publish = Publisher.PublishAsync(batch).AsTask();
        batch.Add(new byte[300]);
        Assert.That(async () =>
        {
            await ReadUntil(() => publish.IsCompleted);
            await publish;
        }, Throws.InvalidOperationException.With.Message.Contain("batch"));
        Assert.That(Publisher.TryPublish([1]), Is.True, "the publisher is as good as before");
    }

    [Test]
    public async Task Room_that_was_waited_for_is_there()
    {
        Fill();
        ValueTask wait = Publisher.WaitToPublishAsync(Quarter.Length);
        Assert.That(wait.IsCompleted, Is.False);
        await ReadUntil(() => wait.IsCompleted);
        await wait;
        Assert.That(Publisher.TryPublish(Quarter), Is.True);
    }

    [Test]
    public async Task All_messages_come_in_order_and_each_is_valid_until_the_next()
    {
        const int count = 2_000;
        Task sender = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await Publisher.PublishAsync(BitConverter.GetBytes(i));
            }
        });
        MessageCopy last = default;
        int next = 0;
        await foreach (MessageCopy message in Subscriber.ReadAllAsync())
        {
            Assert.That(() => last.Payload.Length, next == 0 ? Is.Zero : Throws.TypeOf<ObjectDisposedException>());
            Assert.That(BitConverter.ToInt32(message.Payload.Span), Is.EqualTo(next));
            last = message;
            if (++next == count)
            {
                break;
            }
        }
        await sender;
        Assert.That(Subscriber.TryRead(out _), Is.False);
    }

    [Test]
    public async Task Wait_for_a_message_can_be_cancelled_and_none_is_taken()
    {
        using CancellationTokenSource source = new();
        Task<bool> wait = Subscriber.WaitToReadAsync(source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException cancelled = await Cancelled(wait);
        Assert.That(cancelled.CancellationToken, Is.EqualTo(source.Token));
        Assert.That(wait.IsCanceled, Is.True);

        Publisher.Publish([1]);
        Assert.That((await Cancelled(Subscriber.ReadAsync(source.Token).AsTask())).CancellationToken, Is.EqualTo(source.Token), "cancelled before");
        await Cancelled(Subscriber.WaitToReadAsync(source.Token).AsTask());
        Assert.That(TakeByte(), Is.EqualTo(1), "the subscriber is as good as before");

        using CancellationTokenSource another = new();
        Task<MessageCopy> read = Subscriber.ReadAsync(another.Token).AsTask();
        await another.CancelAsync();
        await Cancelled(read);
        Publisher.Publish([2]);
        Assert.That(TakeByte(), Is.EqualTo(2));
    }

    [Test]
    public async Task Reading_all_can_be_cancelled()
    {
        using CancellationTokenSource source = new();
        Publisher.Publish([1]);
        int count = 0;
        OperationCanceledException cancelled = await Cancelled(Task.Run(async () =>
        {
            await foreach (MessageCopy message in Subscriber.ReadAllAsync().WithCancellation(source.Token))
            {
                count++;
                source.CancelAfter(1);
            }
        }));
        Assert.That(cancelled.CancellationToken, Is.EqualTo(source.Token));
        Assert.That(count, Is.EqualTo(1));
    }

    [Test]
    public async Task Wait_for_room_can_be_cancelled_and_nothing_is_published()
    {
        int inRing = Fill();
        using CancellationTokenSource source = new();
        Task publish = Publisher.PublishAsync(Quarter, 5, source.Token).AsTask();
        await source.CancelAsync();
        Assert.That((await Cancelled(publish)).CancellationToken, Is.EqualTo(source.Token));
        await Cancelled(Publisher.PublishAsync(Quarter, source.Token).AsTask());
        await Cancelled(Publisher.WaitToPublishAsync(Quarter.Length, source.Token).AsTask());
        MessageBatch batch = new();
        batch.Add(Quarter.AsSpan(8));
        await Cancelled(Publisher.PublishAsync(batch, source.Token).AsTask());
        Assert.That(Subscriber.Poll(static message => Assert.That(message.Type, Is.Zero)), Is.EqualTo(inRing));
        Assert.That(Publisher.TryPublish([1]), Is.True);
    }

    [Test]
    public async Task Dispose_ends_what_is_awaited_and_gives_the_slot_back()
    {
        Fill();
        Task publish = Publisher.PublishAsync(Quarter).AsTask();
        Publisher.Dispose();
        Publisher.Dispose();
        Assert.That(async () => await publish, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => Publisher.PublishAsync(Quarter), Throws.TypeOf<ObjectDisposedException>());

        while (Subscriber.TryRead(out _))
        {
        }
        Task<MessageCopy> read = Subscriber.ReadAsync().AsTask();
        await Task.WhenAll(Task.Run(Subscriber.Dispose), Task.Run(Subscriber.Dispose));
        Assert.That(async () => await read, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => Subscriber.ReadAsync(), Throws.TypeOf<ObjectDisposedException>());

        Topic.CreatePublisher().Dispose();
        Topic.CreateSubscriber().Dispose();
    }

    [Test]
    public async Task Awaiter_may_dispose_the_endpoint()
    {
        Task disposal = DisposeAfterwards();
        Publisher.Publish([1]);
        await disposal;
        Topic.CreateSubscriber().Dispose();

        async Task DisposeAfterwards()
        {
            using MessageCopy message = await Subscriber.ReadAsync();
            Subscriber.Dispose();
            Assert.That(message.Payload.Span[0], Is.EqualTo(1), "a copy outlives its subscriber");
        }
    }

    [Test]
    public async Task Other_calls_are_refused_while_one_is_awaited()
    {
        ValueTask<MessageCopy> read = Subscriber.ReadAsync();
        Assert.That(() => Subscriber.TryRead(out _), Throws.InvalidOperationException.With.Message.Contain("awaited"));
        Assert.That(() => Subscriber.WaitToReadAsync(), Throws.InvalidOperationException);
        Assert.That(() => Subscriber.Complete(), Throws.InvalidOperationException);
        Publisher.Publish([1]);
        (await read).Dispose();
        Assert.That(Subscriber.TryRead(out _), Is.False);
    }

    [Test]
    public void Operation_whose_result_nobody_takes_disturbs_no_other()
    {
        for (byte i = 0; i < 5; i++)
        {
            _ = Subscriber.WaitToReadAsync();
            Publisher.Publish([i]);
            byte taken = 0;
            Support.Until.True(() => TryTakeByte(out taken));
            Assert.That(taken, Is.EqualTo(i));
        }
    }

    [Test]
    public async Task Result_is_taken_once()
    {
        ValueTask<bool> wait = Subscriber.WaitToReadAsync();
        ValueTask<bool> copy = wait;
        Publisher.Publish([1]);
        Assert.That(await wait, Is.True);
        Assert.That(async () => await copy, Throws.InvalidOperationException);
    }

    [Test]
    public void Too_long_is_refused_at_once()
    {
        Assert.That(() => Publisher.PublishAsync(new byte[Capacity / 4 + 1]), Throws.TypeOf<MessageTooLongException>());
        Assert.That(() => Publisher.WaitToPublishAsync(Capacity / 4 + 1), Throws.TypeOf<MessageTooLongException>());
        Assert.That(() => Publisher.WaitToPublishAsync(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Publisher.PublishAsync((MessageBatch)null!), Throws.ArgumentNullException);
    }

    [Test]
    public async Task Copy_ends_when_it_is_disposed_and_not_before()
    {
        await Publisher.PublishAsync("kept"u8.ToArray());
        MessageCopy kept = await Subscriber.ReadAsync();
        for (int i = 0; i < 100; i++)
        {
            await Publisher.PublishAsync("other"u8.ToArray());
            (await Subscriber.ReadAsync()).Dispose();
        }
        Assert.That(kept.Payload.Span.SequenceEqual("kept"u8), Is.True);
        kept.Dispose();
        await Publisher.PublishAsync("next"u8.ToArray());
        using MessageCopy next = await Subscriber.ReadAsync();
        kept.Dispose();
        Assert.That(() => kept.Payload, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(next.Payload.Span.SequenceEqual("next"u8), Is.True, "disposed twice, the buffer is not taken from the next");
        Assert.That(default(MessageCopy).Payload.IsEmpty, Is.True);
    }

    [TestCase(Acknowledge.AfterHandling, 1)]
    [TestCase(Acknowledge.BeforeHandling, 2)]
    public async Task Message_that_was_not_done_with_comes_again_only_at_least_once(Acknowledge acknowledge, int next)
    {
        Subscriber.Dispose();
        using (Subscriber first = Topic.CreateSubscriber(acknowledge: acknowledge))
        {
            Publisher.Publish([0]);
            Publisher.Publish([1]);
            Publisher.Publish([2]);
            (await first.ReadAsync()).Dispose();
            (await first.ReadAsync()).Dispose();
        }
        using Subscriber successor = Topic.CreateSubscriber();
        using MessageCopy message = await successor.ReadAsync();
        Assert.That(message.Payload.Span[0], Is.EqualTo(next));
    }

    [Test]
    public async Task Loop_that_is_left_by_an_exception_goes_on_with_the_next_message()
    {
        for (byte i = 0; i < 3; i++)
        {
            Publisher.Publish([i]);
        }
        List<byte> handled = [];
        for (int round = 0; round < 3; round++)
        {
            Assert.That(async () =>
            {
                await foreach (MessageCopy message in Subscriber.ReadAllAsync())
                {
                    handled.Add(message.Payload.Span[0]);
                    throw new InvalidDataException();
                }
            }, Throws.TypeOf<InvalidDataException>());
        }
        Assert.That(handled, Is.EqualTo(new byte[] { 0, 1, 2 }));
        Subscriber.Dispose();
        using Subscriber successor = Topic.CreateSubscriber();
        using MessageCopy last = await successor.ReadAsync();
        Assert.That(last.Payload.Span[0], Is.EqualTo(2), "nothing said that it was done with");
    }

    [Test]
    public async Task Calls_that_block_and_calls_that_are_awaited_take_turns()
    {
        for (byte i = 0; i < 50; i++)
        {
            ValueTask<bool> wait = Subscriber.WaitToReadAsync();
            Publisher.Publish([i]);
            await wait;
            Assert.That(TakeByte(), Is.EqualTo(i));
            Task<byte> blocked = Task.Run(() => Subscriber.Read().Payload[0]);
            await Task.Delay(1);
            Publisher.Publish([i]);
            Assert.That(await blocked, Is.EqualTo(i));
            Subscriber.Complete();
        }
    }

    private byte TakeByte() => TryTakeByte(out byte value) ? value : throw new AssertionException("There is no message.");

    private bool TryTakeByte(out byte value)
    {
        try
        {
            bool isThere = Subscriber.TryRead(out Message message);
            value = isThere ? message.Payload[0] : default;
            if (isThere)
            {
                Subscriber.Complete();
            }
            return isThere;
        }
        catch (InvalidOperationException)
        {
            // An operation is not over yet.
            value = default;
            return false;
        }
    }

    /// <summary>Fills the ring to the last byte; returns how many messages are in it now.</summary>
    private int Fill()
    {
        int count = 0;
        while (Publisher.TryPublish(Quarter) || Publisher.TryPublish([]))
        {
            count++;
        }
        return count;
    }

    /// <summary>Reads until told to stop, and then what is there; the type and first byte of each message.</summary>
    private async Task<List<(uint Type, int First)>> ReadUntil(Func<bool> isOver)
    {
        List<(uint, int)> arrived = [];
        for (bool wasOver = false; !wasOver; await Task.Yield())
        {
            wasOver = isOver();
            Subscriber.Poll(message => arrived.Add((message.Type, message.Payload.IsEmpty ? 0 : message.Payload[0])), limit: wasOver ? int.MaxValue : 1);
        }
        return arrived;
    }

    private static async Task<OperationCanceledException> Cancelled(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException exception)
        {
            return exception;
        }
        throw new AssertionException("It was not cancelled.");
    }
}
