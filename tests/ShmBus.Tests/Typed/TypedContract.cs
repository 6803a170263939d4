using System.Buffers;
using ShmBus.Serialization;

namespace ShmBus.Tests.Typed;

/// <summary>What typed endpoints do, whatever the topic is made of.</summary>
internal abstract class TypedContract
{
    private const int Capacity = 16_384;

    private static readonly Order AnOrder = new(7, "Müller & Söhne", [new Line("bolt", 3), new Line("nut", -1)]);

    private protected Topic Topic { get; private set; } = null!;

    [SetUp]
    public void Open() => Topic = CreateTopic(new TopicOptions { Capacity = Capacity });

    [TearDown]
    public void Close()
    {
        Topic.Dispose();
        Clean();
    }

    private protected abstract Topic CreateTopic(TopicOptions options);

    private protected virtual void Prepare(Publisher publisher)
    {
    }

    private protected virtual void Clean()
    {
    }

    [Test]
    public void Structs_arrive_as_they_are_at_every_offset()
    {
        using Pair<Tick> pair = Open(MessageSerializer.Unmanaged<Tick>());
        for (int i = 0; i < 2000; i++)
        {
            Tick tick = new(i, 1.5 * i, -i, long.MaxValue, long.MinValue, i, -1, i, ~i);
            Assert.That(pair.Publisher.TryPublish(tick), Is.True);
            Assert.That(pair.Subscriber.TryRead(out Tick read), Is.True);
            Assert.That(read, Is.EqualTo(tick));
        }
        Assert.That(pair.Subscriber.TryRead(out Tick _), Is.False);
    }

    [Test]
    public void Structs_are_written_and_read_in_place()
    {
        using Pair<Tick> pair = Open(MessageSerializer.Unmanaged<Tick>());
        Assert.That(pair.Publisher.Raw.TryClaim(64, out Claim claim), Is.True);
        claim.As<Tick>() = new Tick { Id = 5, Sequence = 9 };
        claim.Commit();
        Assert.That(pair.Subscriber.Raw.TryRead(out Message message), Is.True);
        ref readonly Tick tick = ref message.As<Tick>();
        Assert.That((tick.Id, tick.Sequence), Is.EqualTo((5, 9)));
        Assert.That(message.Payload[0], Is.EqualTo(5));
    }

    [Test]
    public void A_struct_of_another_size_is_refused_in_place()
    {
        using Pair<Tick> pair = Open(MessageSerializer.Unmanaged<Tick>());
        pair.Publisher.Raw.Publish(new byte[63]);
        pair.Publisher.Raw.Publish(new byte[63]);
        Assert.That(() => pair.Subscriber.TryRead(out Tick _), Throws.TypeOf<MessageFormatException>().With.Message.Contains("63").And.Message.Contains("64"));
        Assert.That(() => pair.Subscriber.Raw.Read().As<Tick>(), Throws.TypeOf<MessageFormatException>());
        Assert.That(() =>
        {
            Assert.That(pair.Publisher.Raw.TryClaim(63, out Claim claim), Is.True);
            using (claim)
            {
                claim.As<Tick>().Id = 1;
            }
        }, Throws.ArgumentException.With.Message.Contains("63"));
    }

    [Test]
    public void Json_arrives()
    {
        using Pair<Order> pair = Open(MessageSerializer.Json(SampleContext.Default.Order));
        for (int i = 0; i < 300; i++)
        {
            Order order = AnOrder with { Id = i, Lines = [.. Enumerable.Range(0, i % 40).Select(static number => new Line($"part {number}", number))] };
            pair.Publisher.Publish(order);
            Order read = pair.Subscriber.Read();
            Assert.That((read.Id, read.Customer), Is.EqualTo((i, order.Customer)));
            Assert.That(read.Lines, Is.EqualTo(order.Lines));
        }
    }

    [TestCase("")]
    [TestCase("plain")]
    [TestCase("über 北京 🚍 \0")]
    public void Text_arrives(string text)
    {
        using Pair<string> pair = Open(MessageSerializer.Utf8);
        pair.Publisher.Publish(text);
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(text));
    }

    [Test]
    public void What_is_no_text_is_refused_on_both_sides()
    {
        using Pair<string> pair = Open(MessageSerializer.Utf8);
        Assert.That(() => pair.Publisher.Publish("half a pair: \uD800"), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => pair.Publisher.Publish(null!), Throws.ArgumentNullException);
        pair.Publisher.Raw.Publish([0xC0, 0x80]);
        pair.Publisher.Publish("next");
        Assert.That(() => pair.Subscriber.Read(), Throws.TypeOf<MessageFormatException>());
        Assert.That(pair.Subscriber.Read(), Is.EqualTo("next"));
    }

    [Test]
    public void Bytes_arrive_and_are_the_readers_own()
    {
        using Pair<ReadOnlyMemory<byte>> pair = Open(MessageSerializer.Bytes);
        pair.Publisher.Publish(new byte[] { 1, 2, 3 });
        pair.Publisher.Publish(ReadOnlyMemory<byte>.Empty);
        ReadOnlyMemory<byte> first = pair.Subscriber.Read();
        Assert.That(pair.Subscriber.Read().Length, Is.Zero);
        Assert.That(first.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public void Messages_of_every_length_arrive_whatever_was_claimed_for_them([Values] Ways way)
    {
        using Pair<int> pair = Open(new Counting(way switch { Ways.Span => Counting.BySpan, Ways.Memory => Counting.ByMemory, _ => Counting.AtOnce }));
        Random random = new(1);
        for (int i = 0; i < 1500; i++)
        {
            // Long ones are rare: most of them outgrow what is claimed by experience.
            int length = random.Next(random.Next(40) == 0 ? pair.Publisher.Raw.MaxMessageLength - 16 : 40);
            pair.Publisher.Publish(length);
            Assert.That(pair.Subscriber.Read(), Is.EqualTo(length));
        }
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
    }

    [Test]
    public void A_message_that_is_too_long_is_refused_with_its_length_and_nothing_is_published()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        int max = pair.Publisher.Raw.MaxMessageLength;
        Assert.That(() => pair.Publisher.TryPublish(max + 1), Throws.TypeOf<MessageTooLongException>().With.Property("Length").EqualTo(max + 1));
        Assert.That(() => pair.Publisher.Publish(max + 1), Throws.TypeOf<MessageTooLongException>());
        Assert.That(async () => await pair.Publisher.PublishAsync(max + 1), Throws.TypeOf<MessageTooLongException>());
        Assert.That(pair.Publisher.TryPublish(3), Is.True);
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(3));
    }

    [Test]
    public void A_full_ring_takes_nothing_and_says_so()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        int published = 0;
        while (pair.Publisher.TryPublish(100))
        {
            published++;
        }
        Assert.That(published, Is.GreaterThan(10));
        for (int i = 0; i < published; i++)
        {
            Assert.That(pair.Subscriber.Read(), Is.EqualTo(100));
        }
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
    }

    [Test]
    public async Task Async_publishers_and_subscribers_meet_through_a_ring_that_is_always_full()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        const int Messages = 3000;
        Task publishing = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                await pair.Publisher.PublishAsync(i % 1000);
            }
        });
        int read = 0;
        await foreach (int length in pair.Subscriber.ReadAllAsync())
        {
            Assert.That(length, Is.EqualTo(read % 1000));
            if (++read == Messages)
            {
                break;
            }
        }
        await publishing;
    }

    [Test]
    public async Task A_message_that_waits_for_room_may_change_meanwhile()
    {
        using Pair<Order> pair = Open(MessageSerializer.Json(SampleContext.Default.Order));
        while (pair.Publisher.Raw.TryPublish("null"u8))
        {
        }
        Order changing = AnOrder with { Id = 1234 };
        ValueTask waiting = pair.Publisher.PublishAsync(changing);
        Assert.That(waiting.IsCompleted, Is.False);
        changing.Lines[0] = new Line("changed", 0);
        try
        {
            Order? last;
            do
            {
                last = await pair.Subscriber.ReadAsync();
            }
            while (last?.Id != 1234);
            await waiting;
            Assert.That(last.Lines[0].Article, Is.EqualTo("bolt"));
        }
        finally
        {
            changing.Lines[0] = new Line("bolt", 3);
        }
    }

    [Test]
    public async Task A_wait_that_is_cancelled_publishes_and_takes_nothing()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        using CancellationTokenSource cancellation = new();
        ValueTask<int> reading = pair.Subscriber.ReadAsync(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await pair.Publisher.PublishAsync(1, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(async () => await pair.Subscriber.ReadAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        pair.Publisher.Publish(2);
        Assert.That(await pair.Subscriber.ReadAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_message_that_waits_for_room_is_not_touched_by_calls_that_are_refused_meanwhile()
    {
        using Pair<string> pair = Open(MessageSerializer.Utf8);
        while (pair.Publisher.Raw.TryPublish("full"u8))
        {
        }
        ValueTask waiting = pair.Publisher.PublishAsync("waits");
        Assert.That(waiting.IsCompleted, Is.False);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(() => pair.Publisher.TryPublish("other"), Throws.InvalidOperationException);
            Assert.That(() => pair.Publisher.TryPublish(new string('o', 1000)), Throws.InvalidOperationException);
            Assert.That(() => pair.Publisher.TryPublish("other", new MessageExtras { CorrelationId = Guid.Empty }), Throws.InvalidOperationException);
            Assert.That(async () => await pair.Publisher.PublishAsync("other"), Throws.InvalidOperationException);
        }
        string last;
        do
        {
            last = await pair.Subscriber.ReadAsync();
        }
        while (last == "full");
        await waiting;
        Assert.That(last, Is.EqualTo("waits"));
        await pair.Publisher.PublishAsync("next");
        Assert.That(pair.Subscriber.Read(), Is.EqualTo("next"));
    }

    [Test]
    public void A_message_is_whole_where_its_serializer_survives_that_it_published_to_its_own_publisher([Values(10, 400, 600, 3000)] int length, [Values(10, 3000)] int inner)
    {
        Publisher<int>? own = null;
        using Pair<int> pair = Open(new Counting((output, count) =>
        {
            Counting.BySpan(output, count / 2);
            if (count == length)
            {
                Assert.That(() => own!.TryPublish(inner + 1), Throws.InvalidOperationException);
            }
            for (int i = count / 2; i < count; i++)
            {
                output.GetSpan()[0] = (byte)i;
                output.Advance(1);
            }
        }));
        own = pair.Publisher;
        // At first too little is claimed, then enough.
        for (int round = 0; round < 3; round++)
        {
            Assert.That(pair.Publisher.TryPublish(length), Is.True);
            Assert.That(pair.Subscriber.Read(), Is.EqualTo(length));
            Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
        }
    }

    [Test]
    public void Extras_go_with_messages()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        Guid id = Guid.NewGuid();
        foreach (int length in new[] { 0, 10, 250, 251, 1000, 3000 })
        {
            Assert.That(pair.Publisher.TryPublish(length, new MessageExtras { CorrelationId = id }), Is.True);
            Assert.That(pair.Subscriber.TryRead(out int read, out Message bytes), Is.True);
            Assert.That((read, bytes.Payload.Length, bytes.CorrelationId), Is.EqualTo((length, length, (Guid?)id)));
            pair.Publisher.Publish(length, new MessageExtras { CorrelationId = id });
            Assert.That(pair.Subscriber.Raw.Read().CorrelationId, Is.EqualTo(id));
        }
    }

    [Test]
    public void Messages_around_every_boundary_arrive_with_and_without_extras([Values] Announced announced)
    {
        using Pair<int> pair = Open(new Announcing(announced));
        int max = pair.Publisher.Raw.MaxMessageLength;
        bool adds = pair.Publisher.Raw.AddsTimestamp;
        MessageExtras extras = new() { CorrelationId = Guid.NewGuid(), Timestamp = DateTimeOffset.UnixEpoch };
        int[] lengths = [0, 1, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, .. Enumerable.Range(max - 80, 81)];
        for (int round = 0; round < 3; round++)
        {
            foreach (int length in round == 1 ? lengths.Reverse() : lengths)
            {
                Expect(length, adds ? 16 : 0, () => pair.Publisher.TryPublish(length));
                Expect(length, adds ? 16 : 0, () => Do(() => pair.Publisher.Publish(length)));
                Expect(length, adds ? 16 : 0, () => Do(() => pair.Publisher.PublishAsync(length).AsTask().GetAwaiter().GetResult()));
                Expect(length, extras.Length, () => pair.Publisher.TryPublish(length, extras));
                Expect(length, extras.Length, () => Do(() => pair.Publisher.Publish(length, extras)));
                Expect(length, extras.Length, () => Do(() => pair.Publisher.PublishAsync(length, extras).AsTask().GetAwaiter().GetResult()));
            }
        }

        void Expect(int length, int besides, Func<bool> publish)
        {
            // Just at the end it depends on what the extras take, which is the ring's business; what counts is: whole, or refused.
            bool taken;
            try
            {
                taken = publish();
            }
            catch (MessageTooLongException) when (length + besides > max - 80 + 16)
            {
                taken = false;
            }
            if (length + besides <= max - 64)
            {
                Assert.That(taken, Is.True, $"{length}");
            }
            Assert.That(pair.Subscriber.TryRead(out int read), Is.EqualTo(taken), $"{length}");
            Assert.That(read, Is.EqualTo(taken ? length : 0));
            // Once; and the room is given back, also that of a claim that was outgrown.
            Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
        }

        static bool Do(Action action)
        {
            action();
            return true;
        }
    }

    [Test]
    public void Hints_that_cannot_be_are_refused_and_leave_nothing([Values(-1, int.MinValue, int.MaxValue)] int hint, [Values(0, 100, 1000)] int before)
    {
        using Pair<int> pair = Open(new Counting((output, count) =>
        {
            Counting.BySpan(output, count);
            _ = output.GetSpan(before == count ? hint : 0);
        }));
        for (int i = 0; i < 3; i++)
        {
            Assert.That(() => pair.Publisher.TryPublish(before), Throws.InstanceOf<ArgumentException>().Or.TypeOf<MessageTooLongException>().Or.TypeOf<OutOfMemoryException>());
            pair.Publisher.Publish(before + 1);
            Assert.That(pair.Subscriber.Read(), Is.EqualTo(before + 1));
        }
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
    }

    [Test]
    public async Task A_wait_for_room_that_is_cancelled_or_ended_leaves_the_publisher_as_it_was()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        int full = 0;
        while (pair.Publisher.TryPublish(1000))
        {
            full++;
        }
        for (int i = 0; i < 3; i++)
        {
            using CancellationTokenSource cancellation = new();
            ValueTask waiting = pair.Publisher.PublishAsync(900 + i, cancellation.Token);
            Assert.That(waiting.IsCompleted, Is.False);
            await cancellation.CancelAsync();
            Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
            Assert.That(pair.Publisher.TryPublish(1000), Is.False);
        }
        ValueTask last = pair.Publisher.PublishAsync(950);
        for (int i = 0; i < full; i++)
        {
            Assert.That(pair.Subscriber.Read(), Is.EqualTo(1000));
        }
        await last;
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(950));
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
        while (pair.Publisher.TryPublish(1000))
        {
        }
        ValueTask ended = pair.Publisher.PublishAsync(1000);
        Assert.That(ended.IsCompleted, Is.False);
        pair.Publisher.Dispose();
        Assert.That(async () => await ended, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => pair.Publisher.TryPublish(1), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Poll_hands_out_messages_up_to_a_limit_and_once_more_after_an_exception()
    {
        using Pair<int> pair = Open(new Counting(Counting.BySpan));
        for (int i = 0; i < 10; i++)
        {
            pair.Publisher.Publish(i);
        }
        List<int> read = [];
        Assert.That(pair.Subscriber.Poll(read.Add, 4), Is.EqualTo(4));
        Assert.That(() => pair.Subscriber.Poll(static length => throw new TimeoutException($"{length}")), Throws.TypeOf<TimeoutException>().With.Message.EqualTo("4"));
        Assert.That(pair.Subscriber.Poll(read.Add), Is.EqualTo(6));
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 10)));
    }

    [Test]
    public void A_serializer_that_throws_publishes_nothing_and_passes_by_what_it_cannot_read([Values(10, 5000)] int after)
    {
        using Pair<int> pair = Open(new Counting((output, count) =>
        {
            Counting.BySpan(output, count);
            if (count == after)
            {
                throw new TimeoutException("Serialize");
            }
        }));
        Assert.That(() => pair.Publisher.TryPublish(after), Throws.TypeOf<TimeoutException>());
        Assert.That(() => pair.Publisher.Publish(after), Throws.TypeOf<TimeoutException>());
        pair.Publisher.Raw.Publish([9]);
        pair.Publisher.Publish(1);
        Assert.That(() => pair.Subscriber.Read(), Throws.TypeOf<FormatException>());
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(1));
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
    }

    [Test]
    public void Output_is_of_no_use_once_the_message_is_written()
    {
        IBufferWriter<byte>? kept = null;
        Memory<byte> memory = default;
        using Pair<int> pair = Open(new Counting((output, count) =>
        {
            kept = output;
            memory = output.GetMemory(count);
            memory.Span[..count].Clear();
            output.Advance(count);
        }));
        pair.Publisher.Publish(1);
        Assert.That(() => kept!.GetSpan(), Throws.InvalidOperationException);
        Assert.That(() => kept!.GetMemory(1), Throws.InvalidOperationException);
        Assert.That(() => kept!.Advance(1), Throws.InvalidOperationException);
        Assert.That(() => memory.Span[0] = 1, Throws.InvalidOperationException);
        Assert.That(() => memory.Pin(), Throws.InvalidOperationException);
        pair.Publisher.Dispose();
        Assert.That(() => memory.Span[0] = 1, Throws.InvalidOperationException);
    }

    [Test]
    public void Output_refuses_to_advance_beyond_what_it_gave()
    {
        using Pair<int> pair = Open(new Counting(static (output, count) => output.Advance(count == 1 ? output.GetSpan().Length + 1 : -1)));
        Assert.That(() => pair.Publisher.Publish(1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => pair.Publisher.Publish(2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
    }

    [Test]
    public void A_serializer_that_publishes_to_its_own_publisher_gets_an_exception([Values(10, 5000)] int after)
    {
        Publisher<int>? own = null;
        using Pair<int> pair = Open(new Counting((output, count) =>
        {
            Counting.BySpan(output, count);
            if (count == after)
            {
                own!.TryPublish(1);
            }
        }));
        own = pair.Publisher;
        Assert.That(() => pair.Publisher.TryPublish(after), Throws.InvalidOperationException);
        pair.Publisher.Publish(2);
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(2));
        Assert.That(pair.Subscriber.TryRead(out int _), Is.False);
    }

    [Test]
    public void A_serializer_that_leaves_the_topic_still_has_its_message([Values(10, 2000)] int length, [Values] bool raw)
    {
        IDisposable? own = null;
        using Pair<byte[]> pair = Open(MessageSerializer.Create<byte[]>(
            new MessageContract("test", "bytes"),
            (output, message) =>
            {
                Span<byte> bytes = output.GetSpan(message.Length);
                own?.Dispose();
                message.CopyTo(bytes);
                output.Advance(message.Length);
            },
            payload =>
            {
                own?.Dispose();
                return payload.Memory.Span.SequenceEqual(payload.Span) ? payload.Span.ToArray() : [];
            }));
        byte[] sent = new byte[length];
        Random.Shared.NextBytes(sent);
        for (int i = 0; i < 3; i++)
        {
            pair.Publisher.Publish(sent);
        }
        own = raw ? pair.Publisher.Raw : pair.Publisher;
        try
        {
            pair.Publisher.Publish(sent);
        }
        catch (ObjectDisposedException)
        {
            // A short one was not in the ring yet.
        }
        Assert.That(() => pair.Publisher.Publish(sent), Throws.TypeOf<ObjectDisposedException>());
        own = null;
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(sent));
        own = raw ? pair.Subscriber.Raw : pair.Subscriber;
        Assert.That(pair.Subscriber.Read(), Is.EqualTo(sent));
        Assert.That(() => pair.Subscriber.Read(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Memory_of_a_payload_is_there_while_it_is_deserialized_and_throws_after()
    {
        List<ReadOnlyMemory<byte>> kept = [];
        using Pair<string> pair = Open(MessageSerializer.Create<string>(
            new MessageContract("test", "text"),
            static (output, text) => output.Write(System.Text.Encoding.UTF8.GetBytes(text)),
            payload =>
            {
                kept.Add(payload.Memory);
                kept.Add(payload.Sequence.First);
                return System.Text.Encoding.UTF8.GetString(payload.Memory.Span);
            }));
        pair.Publisher.Publish("one");
        pair.Publisher.Publish("two");
        Assert.That(pair.Subscriber.Read(), Is.EqualTo("one"));
        Assert.That(pair.Subscriber.Read(), Is.EqualTo("two"));
        Assert.That(kept, Has.Count.EqualTo(4));
        Assert.Multiple(() =>
        {
            foreach (ReadOnlyMemory<byte> memory in kept)
            {
                Assert.That(memory.Length, Is.EqualTo(3));
                Assert.That(() => memory.Span[0], Throws.TypeOf<ObjectDisposedException>());
                Assert.That(() => memory.Pin(), Throws.TypeOf<ObjectDisposedException>());
            }
        });
    }

    [Test]
    public void Nothing_is_allocated_for_structs_whatever_the_serializer()
    {
        using (Pair<Tick> copied = Open(MessageSerializer.Unmanaged<Tick>()))
        {
            Assert.That(Allocated(() =>
            {
                copied.Publisher.Publish(new Tick(1, 2, 3, 4, 5, 6, 7, 8, 9));
                copied.Subscriber.TryRead(out Tick _);
            }), Is.Zero);
        }
        using Topic topic = Topic.CreateInProcess(new TopicOptions { Capacity = Capacity });
        using Publisher<Tick> publisher = topic.CreatePublisher(MessageSerializer.Json(SampleContext.Default.Tick));
        using Subscriber<Tick> subscriber = topic.CreateSubscriber(MessageSerializer.Json(SampleContext.Default.Tick));
        Assert.That(Allocated(() =>
        {
            publisher.Publish(new Tick(1, 2, 3, 4, 5, 6, 7, 8, 9));
            subscriber.Raw.TryRead(out _);
        }), Is.Zero, "JSON is written");
    }

    private static long Allocated(Action action)
    {
        // The first times make what is kept.
        for (int i = 0; i < 60; i++)
        {
            action();
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private protected Pair<T> Open<T>(IMessageSerializer<T> serializer)
    {
        Pair<T> pair = new(Topic.CreatePublisher(serializer), Topic.CreateSubscriber(serializer));
        Prepare(pair.Publisher.Raw);
        return pair;
    }

    private protected sealed record Pair<T>(Publisher<T> Publisher, Subscriber<T> Subscriber) : IDisposable
    {
        public void Dispose()
        {
            Publisher.Dispose();
            Subscriber.Dispose();
        }
    }

    public enum Announced
    {
        Nothing,
        Exactly,
        TooLittle,
        Less,
    }

    /// <summary>Says beforehand how long the message will be, or something else.</summary>
    private sealed class Announcing(Announced announced) : IMessageSerializer<int>
    {
        private readonly Counting _counting = new(Counting.BySpan);

        public MessageContract Contract => _counting.Contract;

        public int GetLength(in int message) => announced switch { Announced.Nothing => -1, Announced.Exactly => message, Announced.TooLittle => Math.Max(message - 1, 0), _ => message / 2 };

        public void Serialize(IBufferWriter<byte> output, in int message) => _counting.Serialize(output, message);

        public void Deserialize(in MessagePayload payload, out int message) => _counting.Deserialize(payload, out message);
    }

    public enum Ways
    {
        Span,
        Memory,
        AtOnce,
    }
}
