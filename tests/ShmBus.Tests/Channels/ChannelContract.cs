using System.Collections.Concurrent;
using System.Threading.Channels;
using ShmBus.Serialization;

namespace ShmBus.Tests.Channels;

/// <summary>What System.Threading.Channels promises of its readers and writers, with a ring between them.</summary>
internal abstract class ChannelContract
{
    private const int Capacity = 4096;
    private const int Extent = 32; // of a number in the ring

    private protected virtual TopicChannelOptions Options => new();

    private bool IsLocal => Options.LocalCapacity > 0;

    private protected abstract Topic Create(TopicOptions options);

    private Topic Create() => Create(new TopicOptions { Capacity = Capacity });

    [Test]
    public async Task What_is_written_is_read_in_order_to_the_end([Values] bool writesAtOnce)
    {
        await using Ends ends = new(this);
        Task writing = Task.Run(async () =>
        {
            for (long number = 0; number < 20_000; number++)
            {
                if (writesAtOnce)
                {
                    while (!ends.Writer.TryWrite(number))
                    {
                        Assert.That(await ends.Writer.WaitToWriteAsync(), Is.True);
                    }
                }
                else
                {
                    await ends.Writer.WriteAsync(number);
                }
            }
            ends.Writer.Complete();
        });
        long next = 0;
        await foreach (long number in ends.Reader.ReadAllAsync())
        {
            Assert.That(number, Is.EqualTo(next++));
        }
        await writing;
        await ends.Reader.Completion;
        Assert.That(next, Is.EqualTo(20_000));
    }

    [Test]
    public async Task An_empty_channel_has_nothing_to_read_and_a_wait_for_it_ends_with_a_message()
    {
        await using Ends ends = new(this);
        Assert.That(ends.Reader.TryRead(out _), Is.False);
        ValueTask<bool> first = ends.Reader.WaitToReadAsync();
        ValueTask<bool> second = ends.Reader.WaitToReadAsync();
        Assert.That((first.IsCompleted, second.IsCompleted), Is.EqualTo((false, false)));
        await ends.Writer.WriteAsync(7);
        Assert.That((await first, await second), Is.EqualTo((true, true)));
        Assert.That(await ends.Reader.ReadAsync(), Is.EqualTo(7));
        ValueTask<long> read = ends.Reader.ReadAsync();
        Assert.That(read.IsCompleted, Is.False);
        await ends.Writer.WriteAsync(8);
        Assert.That(await read, Is.EqualTo(8));
        Assert.That(ends.Reader.TryRead(out _), Is.False);
    }

    [Test]
    public async Task A_full_channel_takes_nothing_and_waits_for_room_end_when_there_is_some()
    {
        await using Ends ends = new(this);
        long written = ends.Fill();
        ValueTask<bool> wait = ends.Writer.WaitToWriteAsync();
        ValueTask write = ends.Writer.WriteAsync(written);
        Assert.That((wait.IsCompleted, write.IsCompleted, ends.Writer.TryWrite(-1)), Is.EqualTo((false, false, false)));
        for (long number = 0; number <= written; number++)
        {
            Assert.That(await ends.Reader.ReadAsync(), Is.EqualTo(number));
        }
        Assert.That(await wait, Is.True);
        await write;
        Assert.That(ends.Reader.TryRead(out _), Is.False);
    }

    [Test]
    public async Task Completion_ends_the_reader_once_all_is_read()
    {
        await using Ends ends = new(this);
        await ends.Writer.WriteAsync(1);
        Assert.That(ends.Writer.TryComplete(), Is.True);
        Assert.That((ends.Writer.TryComplete(), ends.Writer.TryWrite(2)), Is.EqualTo((false, false)));
        Assert.That(await ends.Writer.WaitToWriteAsync(), Is.False);
        Assert.That(async () => await ends.Writer.WriteAsync(2), Throws.TypeOf<ChannelClosedException>());
        Assert.That(() => ends.Writer.Complete(), Throws.TypeOf<ChannelClosedException>());
        await ends.Writer.Completion;
        Assert.That(ends.Reader.Completion.IsCompleted, Is.False);
        Assert.That(await ends.Reader.ReadAsync(), Is.EqualTo(1));
        await Drain(ends.Reader);
        await ends.Reader.Completion;
        Assert.That(await ends.Reader.WaitToReadAsync(), Is.False);
        Assert.That(async () => await ends.Reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>());
    }

    [Test]
    public async Task Completion_ends_all_waits_of_readers()
    {
        await using Ends ends = new(this);
        Task[] waits = [.. Enumerable.Range(0, 5).Select(_ => Drain(ends.Reader))];
        ValueTask<long> read = ends.Reader.ReadAsync();
        ends.Writer.Complete();
        await Task.WhenAll(waits);
        Assert.That(async () => await read, Throws.TypeOf<ChannelClosedException>());
        await ends.Reader.Completion;
    }

    [Test]
    public async Task An_error_goes_to_both_ends()
    {
        await using Ends ends = new(this);
        await ends.Writer.WriteAsync(1);
        TimeoutException error = new("tëxt 🚍\nof two lines");
        ends.Writer.Complete(error);
        Assert.That(ends.Writer.TryWrite(2), Is.False);
        Assert.That(async () => await ends.Writer.WaitToWriteAsync(), Throws.Exception.SameAs(error));
        Assert.That(async () => await ends.Writer.WriteAsync(2), Throws.TypeOf<ChannelClosedException>().With.InnerException.SameAs(error));
        Assert.That(await ends.Reader.ReadAsync(), Is.EqualTo(1));
        Assert.That(async () => await ends.Reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<RemoteWriterException>());
        RemoteWriterException remote = Assert.ThrowsAsync<RemoteWriterException>(async () => await ends.Reader.WaitToReadAsync());
        Assert.That((remote.ErrorType, remote.Message), Is.EqualTo((typeof(TimeoutException).FullName, error.Message)));
        Assert.That(async () => await ends.Reader.Completion, Throws.Exception.SameAs(remote));
        Assert.That(ends.Reader.TryRead(out _), Is.False);
        await ends.Writer.Completion;
    }

    [Test]
    public async Task A_long_error_is_cut_between_characters()
    {
        await using Ends ends = new(this);
        ends.Writer.Complete(new TimeoutException(string.Concat(Enumerable.Repeat("🚍", 2000))));
        RemoteWriterException remote = Assert.ThrowsAsync<RemoteWriterException>(async () => await Drain(ends.Reader));
        Assert.That(remote.Message.Length, Is.InRange(100, 512));
        Assert.That(remote.Message.EnumerateRunes().All(static rune => rune.ToString() == "🚍"), Is.True);
    }

    [Test]
    public async Task An_end_waits_for_room_in_a_full_ring([Values] bool isDisposed)
    {
        await using Ends ends = new(this);
        long written = ends.Fill();
        ValueTask<bool> wait = ends.Writer.WaitToWriteAsync();
        Assert.That(ends.Writer.TryComplete(), Is.True);
        Assert.That(await wait, Is.False);
        Task left = isDisposed ? ends.Writer.DisposeAsync().AsTask() : ends.Writer.Completion;
        Assert.That(left.IsCompleted, Is.False);
        for (long number = 0; number < written; number++)
        {
            Assert.That(await ends.Reader.ReadAsync(), Is.EqualTo(number));
        }
        await left;
        await Drain(ends.Reader);
    }

    [Test]
    public async Task An_end_without_room_is_given_up_by_dispose()
    {
        await using Ends ends = new(this);
        ends.Fill();
        ends.Writer.Complete();
        ends.Writer.Dispose();
        Assert.That(async () => await ends.Writer.Completion, Throws.TypeOf<ObjectDisposedException>());
        await ends.Writer.DisposeAsync();
        await using TopicChannelWriter<long> successor = ends.CreateWriter();
    }

    [Test]
    public async Task A_reader_counts_the_ends_of_several_writers()
    {
        using Topic topic = Create(new TopicOptions { Capacity = Capacity, Publishers = 2 });
        await using TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options with { Writers = 2 });
        await using TopicChannelWriter<long> first = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
        await using TopicChannelWriter<long> second = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
        first.Complete(new TimeoutException("first"));
        await first.Completion;
        await second.WriteAsync(1);
        Assert.That(await reader.ReadAsync(), Is.EqualTo(1));
        second.Complete(new FormatException("second"));
        Assert.That(async () => await Drain(reader), Throws.TypeOf<RemoteWriterException>().With.Message.EqualTo("first"));
    }

    [Test]
    public async Task A_reader_that_expects_no_end_reads_on()
    {
        using Topic topic = Create();
        await using TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options with { Writers = 0 });
        for (long number = 0; number < 3; number++)
        {
            await using TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
            await writer.WriteAsync(number);
            writer.Complete(new TimeoutException());
            await writer.Completion;
            Assert.That(await reader.ReadAsync(), Is.EqualTo(number));
        }
    }

    [Test]
    public async Task A_completed_channel_frees_both_slots_and_the_next_one_begins_anew()
    {
        using Topic topic = Create();
        for (int round = 0; round < 3; round++)
        {
            TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
            TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options);
            await writer.WriteAsync(round);
            writer.Complete();
            await writer.Completion;
            Assert.That(await reader.ReadAsync(), Is.EqualTo(round));
            await Drain(reader);
            await reader.DisposeAsync();
        }
    }

    [Test]
    public async Task A_subscriber_that_is_no_channel_passes_ends_by()
    {
        using Topic topic = Create();
        using Subscriber<long> subscriber = topic.CreateSubscriber(MessageSerializer.Unmanaged<long>());
        for (long number = 1; number <= 4; number++)
        {
            await using TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
            writer.Complete(number == 1 ? new TimeoutException() : null);
            await writer.Completion;
            using Publisher<long> publisher = topic.CreatePublisher(MessageSerializer.Unmanaged<long>());
            publisher.Publish(number);
            List<long> read = [];
            switch (number)
            {
                case 1: read.Add(subscriber.Read()); break;
                case 2: Assert.That(subscriber.Poll(read.Add), Is.EqualTo(1)); break;
                case 3: read.Add(await subscriber.ReadAsync()); break;
                default:
                    Assert.That(subscriber.TryRead(out long last), Is.True);
                    read.Add(last);
                    break;
            }
            Assert.That(read, Is.EqualTo([number]));
            Assert.That(subscriber.TryRead(out long _), Is.False);
        }
    }

    [Test]
    public async Task Cancelled_calls_write_and_take_nothing()
    {
        await using Ends ends = new(this);
        using CancellationTokenSource source = new();
        ValueTask<long> read = ends.Reader.ReadAsync(source.Token);
        ValueTask<bool> wait = ends.Reader.WaitToReadAsync(source.Token);
        ValueTask<bool> other = ends.Reader.WaitToReadAsync();
        await source.CancelAsync();
        Assert.That(async () => await read, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await wait, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await ends.Reader.ReadAsync(source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await ends.Writer.WriteAsync(-1, source.Token), Throws.InstanceOf<OperationCanceledException>());
        long written = ends.Fill();
        Assert.That(await other, Is.True);
        using CancellationTokenSource second = new();
        ValueTask write = ends.Writer.WriteAsync(-1, second.Token);
        ValueTask<bool> room = ends.Writer.WaitToWriteAsync(second.Token);
        await second.CancelAsync();
        Assert.That(async () => await write, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await room, Throws.InstanceOf<OperationCanceledException>());
        for (long number = 0; number < written; number++)
        {
            Assert.That(await ends.Reader.ReadAsync(), Is.EqualTo(number));
        }
        Assert.That(ends.Reader.TryRead(out _), Is.False);
    }

    [Test]
    public async Task Many_threads_write_and_read_and_nothing_is_lost_or_doubled([Values] bool cancels)
    {
        const int Each = 3000;
        await using Ends ends = new(this);
        ConcurrentBag<long> read = [];
        Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(Read))];
        await Task.WhenAll(Enumerable.Range(0, 3).Select(writer => Task.Run(() => Write(writer * Each))));
        ends.Writer.Complete();
        await Task.WhenAll(readers);
        await ends.Reader.Completion;
        Assert.That(read.Order(), Is.EqualTo(Enumerable.Range(0, 3 * Each)));

        async Task Write(long first)
        {
            for (long number = first; number < first + Each;)
            {
                if (await Try(async token => { await ends.Writer.WriteAsync(number, token); return true; }, (int)number))
                {
                    number++;
                }
            }
        }

        async Task Read()
        {
            try
            {
                for (int turn = 0; ; turn++)
                {
                    await Try(async token => { read.Add(await ends.Reader.ReadAsync(token)); return true; }, turn);
                }
            }
            catch (ChannelClosedException)
            {
                // The end.
            }
        }

        async Task<bool> Try(Func<CancellationToken, Task<bool>> action, int turn)
        {
            if (!cancels || turn % 3 != 0)
            {
                return await action(CancellationToken.None);
            }
            using CancellationTokenSource source = new();
            Task<bool> task = action(source.Token);
            await source.CancelAsync();
            try
            {
                return await task;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    [Test]
    public async Task A_disposed_reader_ends_its_waits_and_leaves_the_rest_to_the_next()
    {
        using Topic topic = Create();
        await using TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
        TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options);
        await writer.WriteAsync(0);
        Assert.That(await reader.ReadAsync(), Is.Zero);
        ValueTask<long> read = reader.ReadAsync();
        ValueTask<bool> wait = reader.WaitToReadAsync();
        await reader.DisposeAsync();
        Assert.That(async () => await read, Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<ObjectDisposedException>());
        Assert.That(async () => await wait, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(async () => await reader.Completion, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(reader.TryRead(out _), Is.False);
        reader.Dispose();
        await writer.WriteAsync(1);
        await using TopicChannelReader<long> successor = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options);
        Assert.That(await successor.ReadAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_message_in_hand_comes_again_unless_it_was_acknowledged([Values] bool acknowledged, [Values] bool onOtherThread)
    {
        using Topic topic = Create();
        await using TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
        await using (TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options))
        {
            await writer.WriteAsync(1);
            Assert.That(await reader.ReadAsync(), Is.EqualTo(1));
            if (acknowledged)
            {
                reader.Acknowledge();
            }
            if (onOtherThread)
            {
                Thread thread = new(reader.Dispose);
                thread.Start();
                thread.Join();
            }
        }
        await writer.WriteAsync(2);
        await using TopicChannelReader<long> successor = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options);
        Assert.That(await successor.ReadAsync(), Is.EqualTo(acknowledged || IsLocal ? 2 : 1));
    }

    [Test]
    public async Task A_disposed_writer_completes_nothing_and_the_next_one_goes_on([Values] bool isFull)
    {
        using Topic topic = Create();
        await using TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options with { LocalCapacity = 0 });
        TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options with { LocalCapacity = 0 });
        long written = 0;
        while (writer.TryWrite(written) && (++written < 3 || isFull))
        {
        }
        ValueTask<bool> wait = isFull ? writer.WaitToWriteAsync() : default;
        await writer.DisposeAsync();
        if (isFull)
        {
            Assert.That(async () => await wait, Throws.TypeOf<ObjectDisposedException>());
        }
        Assert.That(writer.TryWrite(-1), Is.False);
        Assert.That(writer.TryComplete(), Is.False);
        Assert.That(async () => await writer.WriteAsync(-1), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<ObjectDisposedException>());
        await writer.Completion;
        await using TopicChannelWriter<long> successor = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
        for (long number = 0; number < written; number++)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo(number));
        }
        await successor.WriteAsync(written);
        Assert.That(await reader.ReadAsync(), Is.EqualTo(written));
        Assert.That(reader.Completion.IsCompleted, Is.False);
    }

    [Test]
    public async Task A_message_that_cannot_be_read_fails_the_channel_or_is_passed_by([Values] bool isSkipped)
    {
        using Topic topic = Create();
        List<Exception> skipped = [];
        await using TopicChannelReader<long> reader =
            topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options with { OnSkipped = isSkipped ? skipped.Add : null });
        using (Publisher<long> publisher = topic.CreatePublisher(MessageSerializer.Unmanaged<long>()))
        {
            publisher.Publish(1);
            publisher.Raw.Publish([1, 2, 3]);
            publisher.Publish(2);
        }
        Assert.That(await reader.ReadAsync(), Is.EqualTo(1));
        if (isSkipped)
        {
            Assert.That(await reader.ReadAsync(), Is.EqualTo(2));
            Assert.That(skipped, Has.Count.EqualTo(1).And.All.TypeOf<MessageFormatException>());
            return;
        }
        Assert.That(async () => await reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<MessageFormatException>());
        Assert.That(async () => await reader.Completion, Throws.TypeOf<MessageFormatException>());
        await reader.DisposeAsync();
        using Subscriber<long> successor = topic.CreateSubscriber(MessageSerializer.Unmanaged<long>());
        Assert.That(() => successor.Read(), Throws.TypeOf<MessageFormatException>(), "it is not lost");
    }

    [Test]
    public async Task What_a_handler_of_skipped_messages_throws_fails_the_channel()
    {
        using Topic topic = Create();
        await using TopicChannelReader<long> reader =
            topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options with { OnSkipped = static _ => throw new TimeoutException() });
        using Publisher<long> publisher = topic.CreatePublisher(MessageSerializer.Unmanaged<long>());
        publisher.Raw.Publish([1, 2, 3]);
        Assert.That(async () => await reader.ReadAsync(), Throws.TypeOf<ChannelClosedException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task A_message_that_cannot_be_written_is_the_callers_or_fails_a_local_channel()
    {
        using Topic topic = Create();
        await using TopicChannelReader<string> reader = topic.CreateChannelReader(MessageSerializer.Utf8, Options);
        await using TopicChannelWriter<string> writer = topic.CreateChannelWriter(MessageSerializer.Utf8, Options);
        string tooLong = new('x', Capacity);
        if (IsLocal)
        {
            await writer.WriteAsync(tooLong);
            Assert.That(async () => await WaitForEnd(writer), Throws.TypeOf<MessageTooLongException>());
            Assert.That(async () => await Drain(reader), Throws.TypeOf<RemoteWriterException>().With.Property("ErrorType").EqualTo(typeof(MessageTooLongException).FullName));
            return;
        }
        Assert.That(() => writer.TryWrite(tooLong), Throws.TypeOf<MessageTooLongException>());
        Assert.That(async () => await writer.WriteAsync(tooLong), Throws.TypeOf<MessageTooLongException>());
        Assert.That(() => writer.TryWrite("half a pair: \uD800"), Throws.InstanceOf<ArgumentException>());
        Assert.That(writer.TryWrite("good"), Is.True);
        Assert.That(await reader.ReadAsync(), Is.EqualTo("good"));
    }

    [Test]
    public async Task Long_and_short_messages_wait_for_as_much_room_as_they_need()
    {
        using Topic topic = Create();
        await using TopicChannelReader<string> reader = topic.CreateChannelReader(MessageSerializer.Utf8, Options);
        await using TopicChannelWriter<string> writer = topic.CreateChannelWriter(MessageSerializer.Utf8, Options);
        Task[] writing = [.. new[] { 0, 10, 500, 1000 }.Select(length => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                await writer.WriteAsync(new string('x', length));
            }
        }))];
        Task end = Task.WhenAll(writing).ContinueWith(_ => writer.Complete(), TaskScheduler.Default);
        List<int> lengths = [];
        await foreach (string text in reader.ReadAllAsync())
        {
            lengths.Add(text.Length);
        }
        await end;
        Assert.That(lengths.Sum(), Is.EqualTo(1510 * 500));
    }

    [Test]
    public async Task Dispose_in_the_midst_ends_every_call_and_leaves_nothing_behind([Values] bool disposesWriterFirst, [Values] bool completes)
    {
        for (int round = 0; round < 100; round++)
        {
            using Topic topic = Create();
            TopicChannelWriter<long> writer = topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), Options);
            TopicChannelReader<long> reader = topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), Options);
            Task[] calls =
            [
                .. Enumerable.Range(0, 2).Select(_ => Task.Run(async () => { while (true) { await writer.WriteAsync(1); } })),
                .. Enumerable.Range(0, 2).Select(_ => Task.Run(async () => { while (true) { await reader.ReadAsync(); } })),
            ];
            Thread.SpinWait(round * 1000);
            IDisposable[] ends = disposesWriterFirst ? [writer, reader] : [reader, writer];
            if (completes)
            {
                writer.TryComplete();
            }
            foreach (IDisposable end in ends)
            {
                end.Dispose();
            }
            foreach (Task call in calls)
            {
                Assert.That(async () => await call, Throws.TypeOf<ChannelClosedException>());
            }
            await writer.DisposeAsync();
            await reader.DisposeAsync();
            Assert.That(topic.Inspect().Endpoints, Is.Empty);
        }
    }

    /// <summary>Waits for the end of a channel that has no more messages.</summary>
    private static async Task Drain<T>(ChannelReader<T> reader)
    {
        while (await reader.WaitToReadAsync())
        {
            Assert.That(reader.TryRead(out _), Is.False);
        }
    }

    private static async Task WaitForEnd<T>(ChannelWriter<T> writer)
    {
        while (await writer.WaitToWriteAsync())
        {
            await Task.Yield();
        }
    }

    private sealed class Ends : IAsyncDisposable
    {
        private readonly Topic _topic;
        private readonly TopicChannelOptions _options;

        internal Ends(ChannelContract contract)
        {
            _topic = contract.Create();
            _options = contract.Options;
            Writer = CreateWriter();
            Reader = _topic.CreateChannelReader(MessageSerializer.Unmanaged<long>(), contract.Options);
        }

        internal TopicChannelWriter<long> Writer { get; }

        internal TopicChannelReader<long> Reader { get; }

        internal TopicChannelWriter<long> CreateWriter() => _topic.CreateChannelWriter(MessageSerializer.Unmanaged<long>(), _options);

        /// <summary>Writes 0, 1, 2, ... until nothing more is taken; how many.</summary>
        internal long Fill()
        {
            long written = 0;
            do
            {
                while (Writer.TryWrite(written))
                {
                    written++;
                }
            }
            while (_options.LocalCapacity > 0 && !IsFull(written));
            return written;
        }

        /// <summary>Whether the ring is full, with one more message waiting for room, and the local channel behind it.</summary>
        private bool IsFull(long written)
        {
            TopicSnapshot snapshot = _topic.Inspect();
            return snapshot.PendingBytes == Capacity && written == (snapshot.PublishedBytes / Extent) + 1 + _options.LocalCapacity;
        }

        public async ValueTask DisposeAsync()
        {
            Writer.Dispose();
            await Writer.DisposeAsync();
            await Reader.DisposeAsync();
            _topic.Dispose();
        }
    }
}
