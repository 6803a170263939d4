using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Handling;

/// <summary>What becomes of a message that cannot be handled, whatever the concurrency.</summary>
[TestFixture(1)]
[TestFixture(4)]
internal sealed class ErrorPolicyTests(int concurrency)
{
    private readonly ConcurrentQueue<string> _handled = [];
    private Bus _bus = null!;
    private CapturedLog _log = null!;
    private IHost _publishing = null!;
    private IMessagePublisher<string> _orders = null!;

    [SetUp]
    public async Task Open()
    {
        _handled.Clear();
        _bus = Bus.InProcess();
        _log = new CapturedLog();
        _publishing = await TestHost.StartAsync(_bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8));
        _orders = _publishing.Publisher<string>();
    }

    [TearDown]
    public void Close()
    {
        _publishing.Dispose();
        _log.Dispose();
        _bus.Dispose();
        Environment.ExitCode = 0;
    }

    [Test]
    public async Task A_handler_that_throws_is_called_again_with_delays_that_double_up_to_the_longest([Values] bool synchronously)
    {
        ConcurrentQueue<int> attempts = [];
        using IHost host = await HandleAsync(
            async (message, context) =>
            {
                if (message == "bad")
                {
                    attempts.Enqueue(context.Attempt);
                    if (!synchronously)
                    {
                        await Task.Yield();
                    }
                    throw new FormatException("no");
                }
            },
            settings =>
            {
                (settings.OnError, settings.Retries) = (ErrorAction.Skip, 4);
                (settings.RetryDelay, settings.MaxRetryDelay) = (TimeSpan.FromTicks(10), TimeSpan.FromTicks(35));
            });
        await _orders.PublishAsync("bad");
        await _orders.PublishAsync("good");
        Until.True(() => _handled.Contains("good") && _log.Has("Skipped"));
        Assert.That(attempts, Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
        Assert.That(_log.Lines.Where(static line => line.Name == "Retrying").Select(static line => ((TimeSpan)line["Delay"]!).Ticks), Is.EqualTo(new[] { 10, 20, 35, 35 }));
        Assert.That(_log.Last("Skipped").Exception, Is.InstanceOf<FormatException>());
        await host.StopAsync();
        Assert.That(_bus.InspectTopic("orders").PendingBytes, Is.Zero);
    }

    [Test]
    public async Task Others_go_on_while_one_is_tried_again_unless_order_is_kept()
    {
        TaskCompletionSource failing = new();
        using IHost host = await HandleAsync(
            (message, context) => message == "bad" && !failing.Task.IsCompleted ? throw new FormatException() : default,
            static settings => settings.RetryDelay = TimeSpan.FromMilliseconds(20));
        await _orders.PublishAsync("bad");
        await _orders.PublishAllAsync(0, 10);
        Until.True(() => _log.Has("Retrying"));
        if (concurrency > 1)
        {
            Until.True(() => _handled.Count == 10);
        }
        else
        {
            Assert.That(_handled, Is.Empty);
        }
        failing.SetResult();
        Until.True(() => _handled.Count == 11);
        Assert.That(_handled.First(), Is.EqualTo(concurrency > 1 ? "0" : "bad"));
        await host.StopAsync();
    }

    [Test]
    public async Task A_cancellation_that_is_not_the_stop_is_a_failure()
    {
        using IHost host = await HandleAsync(
            (message, _) => message == "bad" ? throw new OperationCanceledException(new CancellationToken(canceled: true)) : default,
            static settings => (settings.OnError, settings.Retries) = (ErrorAction.Skip, 0));
        await _orders.PublishAsync("bad");
        await _orders.PublishAsync("good");
        Until.True(() => _handled.Contains("good") && _log.Has("Skipped"));
        await host.StopAsync();
    }

    [Test]
    public async Task What_cannot_be_deserialized_is_never_tried_again_and_is_a_dead_letter_with_its_bytes()
    {
        ConcurrentQueue<(DeadLetter Letter, MessageContext Context)> letters = [];
        using IHost dead = await TestHost.StartAsync(_bus, builder => builder
            .ConfigureTopic("orders.dead", static settings => (settings.Capacity, settings.Publishers) = (512 << 10, 16))
            .AddHandler("orders.dead", DeadLetter.Serializer, (_, letter, context, _) =>
            {
                letters.Enqueue((letter, context));
                return default;
            }));
        using IHost host = await TestHost.StartAsync(_bus, builder => builder.AddHandler(
            "orders", new Fussy(), (_, _, _, _) => default, settings => (settings.Concurrency, settings.OnError) = (concurrency, ErrorAction.DeadLetter)), _log.Capture);
        Guid correlation = Guid.NewGuid();
        DateTimeOffset sent = DateTimeOffset.UnixEpoch.AddDays(1);
        await _orders.PublishAsync("good");
        await _orders.PublishAsync("poison", new MessageExtras { CorrelationId = correlation, Timestamp = sent });
        Until.True(() => !letters.IsEmpty);
        (DeadLetter letter, MessageContext context) = letters.Single();
        Assert.Multiple(() =>
        {
            Assert.That(letter.Payload.ToArray(), Is.EqualTo("poison"u8.ToArray()));
            Assert.That((letter.Topic, letter.Handler, letter.Attempts), Is.EqualTo(("orders", "orders", 0)));
            Assert.That((letter.ErrorType, letter.ErrorMessage), Is.EqualTo((typeof(FormatException).FullName, Fussy.Text[..1023] + '\uFFFD')));
            Assert.That(letter.Position, Is.EqualTo(_log.Last("DeadLettered")["Position"]).And.GreaterThan(0));
            Assert.That((context.CorrelationId, context.Timestamp), Is.EqualTo(((Guid?)correlation, (DateTimeOffset?)sent)));
            Assert.That(_log.Has("Retrying"), Is.False);
            Assert.That(_log.Has("DeadLetterBlocked"), Is.False);
        });
        await host.StopAsync();
        Assert.That(_bus.InspectTopic("orders").PendingBytes, Is.Zero);
        await dead.StopAsync();
    }

    [Test]
    public async Task A_dead_letter_topic_that_is_full_is_waited_for_and_only_by_its_handler()
    {
        ConcurrentQueue<string> others = [];
        Guid correlation = Guid.NewGuid();
        using Topic topic = _bus.OpenOrCreateTopic("dead", new TopicOptions { Capacity = 512 << 10, Publishers = 2 });
        using Subscriber reader = topic.CreateSubscriber();
        using (Publisher filler = topic.CreatePublisher())
        {
            while (filler.TryPublish(ReadOnlySpan<byte>.Empty))
            {
            }
        }
        Task<IHost> Start() => TestHost.StartAsync(
            _bus,
            builder => builder
                .ConfigureTopic("dead", static settings => (settings.Capacity, settings.Publishers) = (512 << 10, 2))
                .AddHandler("orders", MessageSerializer.Utf8, (_, _, _, _) => throw new FormatException(), settings =>
                    (settings.Concurrency, settings.Retries, settings.OnError, settings.DeadLetterTopic) = (concurrency, 0, ErrorAction.DeadLetter, "dead"))
                .AddPublisher("other", MessageSerializer.Utf8)
                .AddHandler("other", MessageSerializer.Utf8, (_, message, _, _) =>
                {
                    others.Enqueue(message);
                    return default;
                }),
            _log.Capture);
        using (IHost host = await Start())
        {
            await _orders.PublishAsync("bad", new MessageExtras { CorrelationId = correlation });
            Until.True(() => _log.Has("DeadLetterBlocked"));
            await host.Publisher<string>().PublishAsync("fine");
            Until.True(() => !others.IsEmpty);
            await host.StopAsync();
            Assert.That(_log.Has("StoppedUnfinished"));
            Assert.That(_log.Has("DeadLettered"), Is.False);
        }
        Assert.That(_bus.InspectTopic("orders").PendingBytes, Is.GreaterThan(0), "it stays for the next start");
        using (IHost host = await Start())
        {
            Until.True(() => _log.Lines.Count(static line => line.Name == "DeadLetterBlocked") == 2);
            Until.True(() =>
            {
                while (reader.TryRead(out Message message))
                {
                    if (message.CorrelationId == correlation)
                    {
                        return true;
                    }
                }
                return false;
            });
            Until.True(() => _log.Has("DeadLettered"));
            await host.StopAsync();
        }
        Assert.That(_bus.InspectTopic("orders").PendingBytes, Is.Zero);
    }

    [Test]
    public async Task A_dead_letter_that_is_too_long_for_its_topic_stops_the_host_and_the_message_stays()
    {
        // As another made it: this host says nothing of how it is to be.
        using Topic dead = _bus.OpenOrCreateTopic("orders.dead", new TopicOptions { Capacity = 4096 });
        using IHost host = await HandleAsync((_, _) => throw new FormatException("no"), static settings => (settings.Retries, settings.OnError) = (0, ErrorAction.DeadLetter));
        await _orders.PublishAsync(new string('x', 2000));
        await ExpectStopAsync(host);
        Assert.That(((AggregateException)_log.Last("StoppingHost").Exception!).InnerExceptions,
            Has.One.InstanceOf<MessageTooLongException>().And.One.InstanceOf<FormatException>());
        Assert.That(_bus.InspectTopic("orders").PendingBytes, Is.GreaterThan(2000));
    }

    [Test]
    public async Task Who_reads_dead_letters_need_not_know_how_their_topic_was_made_nor_come_first_or_last([Values] bool readerFirst)
    {
        ConcurrentQueue<DeadLetter> letters = [];
        Task<IHost> Read() => TestHost.StartAsync(_bus, builder => builder.AddHandler("orders.dead", DeadLetter.Serializer, (_, letter, _, _) =>
        {
            letters.Enqueue(letter);
            return default;
        }));
        Task<IHost> Handle() => HandleAsync((_, _) => throw new FormatException("no"), static settings => (settings.Retries, settings.OnError) = (0, ErrorAction.DeadLetter));
        using IHost first = readerFirst ? await Read() : await Handle();
        using IHost second = readerFirst ? await Handle() : await Read();
        await _orders.PublishAsync("bad");
        Until.True(() => !letters.IsEmpty);
        Assert.That(letters.Single().Topic, Is.EqualTo("orders"));
        Assert.That(Encoding.UTF8.GetString(letters.Single().Payload.Span), Is.EqualTo("bad"));
        await first.StopAsync();
        await second.StopAsync();
    }

    [Test]
    public async Task The_host_stops_with_an_error_and_the_next_start_begins_with_the_message()
    {
        using IHost host = await HandleAsync((_, _) => throw new FormatException("no"), static settings => settings.Retries = 0);
        await _orders.PublishAsync("bad");
        await ExpectStopAsync(host);
        Assert.That(_log.Last("StoppingHost").Exception, Is.InstanceOf<FormatException>());
        await ExpectAtNextStartAsync("bad");
    }

    [Test]
    public async Task A_stop_ends_the_wait_for_a_retry_and_the_message_stays()
    {
        using IHost host = await HandleAsync((_, _) => throw new FormatException("no"), static settings =>
        {
            settings.OnError = ErrorAction.Skip;
            settings.RetryDelay = settings.MaxRetryDelay = TimeSpan.FromHours(1);
        });
        await _orders.PublishAsync("bad");
        Until.True(() => _log.Has("Retrying"));
        await host.StopAsync();
        Assert.That(_log.Has("Skipped"), Is.False);
        Assert.That(_log.Last("StoppedUnfinished")["Unfinished"], Is.EqualTo(1));
        await ExpectAtNextStartAsync("bad");
    }

    [Test]
    public async Task A_handler_that_never_ends_ends_with_the_time_to_stop_and_its_message_stays([Values] bool blocks)
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim end = new();
        TaskCompletionSource endless = new();
        using IHost host = await HandleAsync(
            async (_, _) =>
            {
                begun.SetResult();
                if (blocks)
                {
                    end.Wait();
                }
                else
                {
                    await endless.Task;
                }
            });
        await _orders.PublishAsync("slow");
        await begun.Task;
        await host.StopNowAsync();
        Assert.That(_log.Last("StoppedUnfinished")["Unfinished"], Is.EqualTo(1));
        await ExpectAtNextStartAsync("slow");
        end.Set();
        endless.SetResult();
        Until.True(() => _handled.Count == 1);
    }

    [Test]
    public async Task What_a_handler_throws_that_was_told_to_end_is_no_failure()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await TestHost.StartAsync(_bus, builder => builder.AddHandler(
            "orders", MessageSerializer.Utf8,
            async (_, _, _, token) =>
            {
                // It also throws at those who cancel.
                using CancellationTokenRegistration registration = token.Register(static () => throw new InvalidOperationException());
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new ObjectDisposedException("scope");
            },
            settings => (settings.Concurrency, settings.Retries, settings.OnError) = (concurrency, 0, ErrorAction.Skip)), _log.Capture);
        await _orders.PublishAsync("slow");
        await begun.Task;
        await host.StopNowAsync();
        Assert.That(_log.Has("Skipped"), Is.False);
        await ExpectAtNextStartAsync("slow");
    }

    [Test]
    public async Task A_scope_is_disposed_also_when_its_handler_throws()
    {
        Disposals disposals = new();
        using IHost host = await TestHost.StartAsync(
            _bus,
            builder => builder.AddHandler<string, Throwing>("orders", MessageSerializer.Utf8, settings =>
                (settings.Concurrency, settings.Retries, settings.RetryDelay, settings.OnError) = (concurrency, 2, TimeSpan.Zero, ErrorAction.Skip)),
            builder =>
            {
                _log.Capture(builder);
                builder.Services.AddSingleton(disposals);
            });
        await _orders.PublishAsync("bad");
        Until.True(() => _log.Has("Skipped"));
        Assert.That(disposals.Count, Is.EqualTo(3));
        await host.StopAsync();
    }

    [Test]
    public async Task A_handler_that_cannot_be_made_is_one_that_throws()
    {
        using IHost host = await TestHost.StartAsync(_bus, builder => builder.AddHandler<string, Throwing>("orders", MessageSerializer.Utf8, settings =>
            (settings.Concurrency, settings.Retries, settings.OnError) = (concurrency, 0, ErrorAction.Skip)), _log.Capture);
        await _orders.PublishAsync("bad");
        await _orders.PublishAsync("worse");
        Until.True(() => _log.Lines.Count(static line => line.Name == "Skipped") == 2);
        Assert.That(_log.Last("Skipped").Exception!.Message, Does.Contain(nameof(Disposals)));
        await host.StopAsync();
    }

    private Task<IHost> HandleAsync(Func<string, MessageContext, ValueTask> handle, Action<HandlerSettings>? configure = null) => TestHost.StartAsync(
        _bus,
        builder => builder.AddHandler(
            "orders", MessageSerializer.Utf8,
            async (_, message, context, _) =>
            {
                await handle(message, context);
                _handled.Enqueue(message);
            },
            settings =>
            {
                settings.Concurrency = concurrency;
                configure?.Invoke(settings);
            }),
        _log.Capture);

    private static async Task ExpectStopAsync(IHost host)
    {
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        Until.True(() => stopping.IsCancellationRequested);
        Assert.That(Environment.ExitCode, Is.EqualTo(1));
        await host.StopAsync();
    }

    private async Task ExpectAtNextStartAsync(string message)
    {
        ConcurrentQueue<string> handled = [];
        using IHost next = await TestHost.StartAsync(_bus, builder => builder.AddHandler("orders", MessageSerializer.Utf8, (_, other, _, _) =>
        {
            handled.Enqueue(other);
            return default;
        }));
        await _orders.PublishAsync("last");
        Until.True(() => handled.Contains("last"));
        await next.StopAsync();
        Assert.That(handled, Is.EqualTo(new[] { message, "last" }));
    }

    private sealed class Fussy : IMessageSerializer<string>
    {
        // Cut, it ends with half a character.
        internal static string Text { get; } = new string('é', 1023) + "\U0001F600";

        public MessageContract Contract => MessageSerializer.Utf8.Contract;

        public void Serialize(System.Buffers.IBufferWriter<byte> output, in string message) => MessageSerializer.Utf8.Serialize(output, message);

        public void Deserialize(in MessagePayload payload, out string message) =>
            message = Encoding.UTF8.GetString(payload.Span) is string text && text != "poison" ? text : throw new FormatException(Text);
    }

    private sealed class Disposals
    {
        internal int Count;
    }

    private sealed class Throwing(Disposals disposals) : IMessageHandler<string>, IDisposable
    {
        public ValueTask HandleAsync(string message, MessageContext context, CancellationToken cancellationToken) => throw new FormatException();

        public void Dispose() => Interlocked.Increment(ref disposals.Count);
    }
}
