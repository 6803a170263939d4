using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Lifetime;

/// <summary>Hosts on a bus that comes and goes.</summary>
internal sealed class ConnectionTests
{
    private readonly ConcurrentQueue<string> _handled = [];
    private TestDirectory _directory = null!;
    private CapturedLog _log = null!;

    [SetUp]
    public void Open()
    {
        _handled.Clear();
        _directory = new TestDirectory();
        _log = new CapturedLog();
    }

    [TearDown]
    public void Close()
    {
        _log.Dispose();
        if (Directory.Exists(_directory.Path))
        {
            _directory.Dispose();
        }
    }

    [Test]
    public async Task Which_host_starts_first_does_not_matter([Values] bool handlerFirst)
    {
        IHost first = await (handlerFirst ? HandleAsync() : PublishAsync());
        if (!handlerFirst)
        {
            await first.Publisher<string>().PublishAllAsync(0, 100);
        }
        IHost second = await (handlerFirst ? PublishAsync() : HandleAsync());
        if (handlerFirst)
        {
            await second.Publisher<string>().PublishAllAsync(0, 100);
        }
        Until.True(() => _handled.Count == 100);
        await StopAsync(first, second);
        Assert.That(_handled, Is.EqualTo(Enumerable.Range(0, 100).Select(static i => $"{i}")));
    }

    [Test]
    public async Task A_topic_of_which_a_host_says_nothing_is_taken_as_it_is()
    {
        using Bus bus = Bus.InProcess();
        using Topic topic = bus.OpenOrCreateTopic("numbers", new TopicOptions { Capacity = 8192, Publishers = 3, Delivery = Delivery.Broadcast, Overflow = Overflow.Wait });
        using IHost handling = await TestHost.StartAsync(bus, builder => builder.AddHandler("numbers", MessageSerializer.Utf8, (_, message, _, _) =>
        {
            _handled.Enqueue(message);
            return default;
        }));
        using IHost publishing = await TestHost.StartAsync(bus, builder => builder.AddPublisher("numbers", MessageSerializer.Utf8));
        await publishing.Publisher<string>().PublishAsync("one");
        Until.True(() => !_handled.IsEmpty);
        using IHost other = await TestHost.StartAsync(bus, builder => builder.ConfigureTopic("numbers", static settings => settings.Capacity = 16384)
            .AddPublisher("numbers", MessageSerializer.Utf8), _log.Capture);
        Until.True(() => _log.Has("CannotConnect"));
        Assert.That(_log.Last("CannotConnect").Exception, Is.InstanceOf<TopicMismatchException>());
        await StopAsync(handling, publishing, other);
    }

    [Test]
    public async Task A_second_handler_waits_until_the_first_has_left_and_none_is_handled_twice()
    {
        IHost publishing = await PublishAsync();
        IHost first = await HandleAsync();
        await publishing.Publisher<string>().PublishAllAsync(0, 50);
        CapturedLog log = new();
        IHost second = await HandleAsync(log);
        Until.True(() => log.Has("WaitsForTurn"));
        await first.StopAsync();
        await publishing.Publisher<string>().PublishAllAsync(50, 100);
        Until.True(() => log.Has("Connected") && _handled.Count == 100);
        await StopAsync(first, second, publishing);
        Assert.That(_handled, Is.EqualTo(Enumerable.Range(0, 100).Select(static i => $"{i}")));
    }

    [Test]
    public async Task A_second_publisher_waits_until_the_first_has_left()
    {
        IHost first = await PublishAsync();
        IHost second = await PublishAsync(_log);
        Assert.That(_log.Has("WaitsForTurn"));
        Assert.That(second.Publisher<string>().TryPublish("0"), Is.False);
        Task later = second.Publisher<string>().PublishAsync("0").AsTask();
        Assert.That(later.IsCompleted, Is.False);
        await first.StopAsync();
        await later;
        IHost handler = await HandleAsync();
        Until.True(() => _handled.Count == 1);
        await StopAsync(first, second, handler);
    }

    [TestCase("mode")]
    [TestCase("capacity")]
    [TestCase("contract")]
    [TestCase("file")]
    public async Task A_topic_that_cannot_be_reached_does_not_stop_the_start_and_is_reached_when_the_cause_is_gone(string cause)
    {
        string file = _directory.File("numbers");
        Action recover = () => File.Delete(file);
        Action<ShmBusBuilder>? configure = null;
        switch (cause)
        {
            case "mode":
                File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);
                recover = () => File.SetUnixFileMode(_directory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                break;
            case "capacity":
                Topic.OpenOrCreate(file, new TopicOptions { Capacity = 4096 }).Dispose();
                configure = static builder => builder.ConfigureTopic("numbers", static settings => settings.Capacity = 8192);
                break;
            case "contract":
                using (Topic topic = Topic.OpenOrCreate(file))
                {
                    topic.CreatePublisher(DeadLetter.Serializer).Dispose();
                }
                break;
            default:
                await File.WriteAllTextAsync(file, "not a topic");
                break;
        }
        IHost handler = await HandleAsync(_log, configure);
        IHost publishing = await PublishAsync(configure: configure);
        Assert.That(_log.Has("CannotConnect"));
        Task publish = publishing.Publisher<string>().PublishAsync("0").AsTask();
        Assert.That(publish.IsCompleted, Is.False);
        recover();
        await publish;
        Until.True(() => _handled.Count == 1);
        Assert.That(_log.Lines.Count(static line => line.Name == "CannotConnect"), Is.EqualTo(1), "said once");
        await StopAsync(handler, publishing);
    }

    [Test]
    public async Task A_topic_that_was_deleted_is_read_to_its_end_and_followed([Values] bool replaced, [Values] bool wholeDirectory)
    {
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        IHost publishing = await PublishAsync(_log);
        IMessagePublisher<string> publisher = publishing.Publisher<string>();
        IHost handler = await HandleAsync(handle: () => first.Task);
        await publisher.PublishAllAsync(0, 100);
        if (wholeDirectory)
        {
            Directory.Delete(_directory.Path, recursive: true);
        }
        else
        {
            File.Delete(_directory.File("numbers"));
        }
        if (replaced)
        {
            Directory.CreateDirectory(_directory.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Topic.OpenOrCreate(_directory.File("numbers")).Dispose();
        }
        await publisher.PublishAllAsync(100, 200);
        Until.True(() => _log.Lines.Count(static line => line.Name == "Connected") == 2);
        await publisher.PublishAllAsync(200, 300);
        first.SetResult();
        Until.True(() => _handled.Count == 300);
        Assert.That(_handled, Is.EqualTo(Enumerable.Range(0, 300).Select(static i => $"{i}")));
        Assert.That(_log.Has("LeftBehind"), Is.False);
        await StopAsync(publishing, handler);
    }

    [Test]
    public async Task What_nobody_will_read_any_more_is_not_lost_silently()
    {
        IHost publishing = await PublishAsync(_log);
        await publishing.Publisher<string>().PublishAllAsync(0, 10);
        File.Delete(_directory.File("numbers"));
        Until.True(() => _log.Has("LeftBehind"));
        Assert.That(_log.Last("LeftBehind")["Bytes"], Is.EqualTo(320));
        await StopAsync(publishing);
    }

    [Test]
    public async Task A_broadcast_that_was_deleted_is_left_although_the_place_of_another_lags_in_it()
    {
        static void Broadcast(ShmBusBuilder builder) => builder.ConfigureTopic("numbers", static settings => settings.Delivery = Delivery.Broadcast);
        using (Topic topic = Topic.OpenOrCreate(_directory.File("numbers"), new TopicOptions { Delivery = Delivery.Broadcast, Subscribers = 8 }))
        {
            topic.CreateSubscriber(place: "away").Dispose();
        }
        IHost handler = await HandleAsync(_log, Broadcast);
        IHost publishing = await PublishAsync(configure: Broadcast);
        await publishing.Publisher<string>().PublishAllAsync(0, 10);
        Until.True(() => _handled.Count == 10);
        File.Delete(_directory.File("numbers"));
        Until.True(() => _log.Lines.Count(static line => line.Name == "Connected") == 2);
        await StopAsync(handler, publishing);
    }

    [Test]
    public async Task An_evicted_handler_joins_again_at_its_place_and_says_what_it_missed()
    {
        static void Broadcast(ShmBusBuilder builder) => builder.ConfigureTopic("numbers", static settings =>
            (settings.Delivery, settings.Capacity, settings.EvictionLag) = (Delivery.Broadcast, 4096, 4096));
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        IHost handler = await HandleAsync(_log, Broadcast, () => first.Task, static settings => settings.Place = "here");
        IHost publishing = await PublishAsync(configure: Broadcast);
        await publishing.Publisher<string>().PublishAllAsync(0, 1000);
        first.SetResult();
        Until.True(() => _log.Has("Missed") && _log.Lines.Count(static line => line.Name == "Connected") == 2);
        Assert.That(_log.Has("Evicted"));
        Assert.That((long)_log.Last("Missed")["Bytes"]!, Is.GreaterThan(0));
        await publishing.Publisher<string>().PublishAsync("last");
        Until.True(() => _handled.Contains("last"));
        await StopAsync(handler, publishing);
    }

    [Test]
    public async Task A_claim_whose_owner_was_killed_is_told_and_passed_by()
    {
        static void Two(ShmBusBuilder builder) => builder.ConfigureTopic("numbers", static settings => settings.Publishers = 2);
        IHost handler = await HandleAsync(_log, Two);
        IHost publishing = await PublishAsync(configure: Two);
        using (PeerProcess peer = PeerProcess.Start("claim", _directory.Path, "numbers"))
        {
            peer.Expect("claimed");
            await publishing.Publisher<string>().PublishAsync("behind");
            peer.Kill();
        }
        Until.True(() => _handled.Count == 1);
        Assert.That(_log.Last("Lost")["Bytes"], Is.EqualTo(128));
        Assert.That(_log.Last("Lost")["Cause"], Is.EqualTo(LossCause.PublisherDied));
        await StopAsync(handler, publishing);
    }

    [Test]
    public async Task A_corrupt_ring_is_not_opened_again_and_again_at_once_and_another_in_its_place_is_used()
    {
        IHost publishing = await PublishAsync();
        await publishing.Publisher<string>().PublishAsync("0");
        byte[] bytes = await File.ReadAllBytesAsync(_directory.File("numbers"));
        // The length of the record, which stands 8 bytes before its payload.
        int length = bytes.AsSpan().LastIndexOf((byte)'0') - 8;
        await using (FileStream file = new(_directory.File("numbers"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = length;
            file.Write([0xFF, 0xFF, 0xFF, 0x7F]);
        }
        IHost handler = await HandleAsync(_log);
        Until.True(() => _log.Lines.Count(static line => line.Name == "Disconnected") == 2);
        Assert.That(_log.Last("Disconnected").Exception, Is.InstanceOf<Rings.RingCorruptException>());
        File.Delete(_directory.File("numbers"));
        while (_handled.IsEmpty)
        {
            await publishing.Publisher<string>().PublishAsync("1");
        }
        await StopAsync(handler, publishing);
    }

    [Test]
    public async Task Stopping_twice_or_not_at_all_leaves_nothing()
    {
        using Bus bus = Bus.InProcess();
        IHost host = await TestHost.StartAsync(
            bus, builder => builder.AddPublisher("numbers", MessageSerializer.Utf8).AddHandler("numbers", MessageSerializer.Utf8, (_, _, _, _) => default), _log.Capture);
        Assert.That(host.Services.GetRequiredService<Bus>(), Is.SameAs(bus));
        host.Dispose();
        // A wait that is under way leaves by itself.
        Until.True(() => bus.InspectTopic("numbers").Endpoints.Count == 0);
        host = await TestHost.StartAsync(bus, builder => builder.AddHandler("numbers", MessageSerializer.Utf8, (_, _, _, _) => default), _log.Capture);
        await host.StopAsync();
        Assert.That(bus.InspectTopic("numbers").Endpoints, Is.Empty);
        await host.StopAsync();
        host.Dispose();
        Assert.That(_log.Lines.Count(static line => line.Name == "Stopped"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_host_that_fails_to_start_leaves_nothing()
    {
        using Bus bus = Bus.InProcess();
        using (IHost host = TestHost.Build(
            builder => builder.UseInProcess(bus).AddHandler("numbers", MessageSerializer.Utf8, (_, _, _, _) => default),
            static builder => builder.Services.AddHostedService<Failing>()))
        {
            Assert.That(async () => await host.StartAsync(), Throws.TypeOf<NotSupportedException>());
        }
        Assert.That(bus.InspectTopic("numbers").Endpoints, Is.Empty);
        using IHost never = TestHost.Build(builder => builder.UseInProcess(bus).AddHandler("numbers", MessageSerializer.Utf8, (_, _, _, _) => default));
        await never.StopAsync();
    }

    [Test]
    public async Task A_message_that_is_not_finished_when_its_host_leaves_keeps_no_memory_when_it_is(
        [Values] bool stops, [Values(1, 4)] int concurrency, [Values(Acknowledge.AfterHandling, Acknowledge.BeforeHandling)] Acknowledge acknowledge)
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource end = new();
        using (IHost publishing = await PublishAsync())
        {
            await publishing.Publisher<string>().PublishAsync("0");
        }
        IHost handler = await HandleAsync(
            handle: () =>
            {
                begun.SetResult();
                return end.Task;
            },
            settings: settings => (settings.Concurrency, settings.Acknowledge) = (concurrency, acknowledge));
        await begun.Task;
        if (stops)
        {
            await handler.StopNowAsync();
        }
        handler.Dispose();
        end.SetResult();
        Until.True(() => ProcessFiles.Mappings(_directory.File("numbers")).Count == 0);
        Assert.That(ProcessFiles.Descriptors(_directory.File("numbers")), Is.Zero);
    }

    [Test]
    public async Task A_handler_that_stops_its_host_leaves_no_memory_behind([Values(1, 4)] int concurrency)
    {
        using (IHost publishing = await PublishAsync())
        {
            await publishing.Publisher<string>().PublishAsync("0");
        }
        IHost handler = await HandleAsync(
            handle: static () => throw new FormatException(), settings: settings => (settings.Concurrency, settings.Retries) = (concurrency, 0));
        await handler.WaitForShutdownAsync();
        handler.Dispose();
        Environment.ExitCode = 0;
        Until.True(() => ProcessFiles.Mappings(_directory.File("numbers")).Count == 0);
    }

    [Test]
    public async Task What_was_read_last_in_a_loop_that_ends_with_the_host_is_delivered()
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(
            bus, static builder => builder.AddPublisher("numbers", MessageSerializer.Utf8).AddSubscriber("numbers", MessageSerializer.Utf8));
        await host.Publisher<string>().PublishAsync("0");
        await foreach (string _ in host.Services.GetRequiredService<IMessageSubscriber<string>>().ReadAllAsync())
        {
            host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        }
        await host.StopAsync();
        Assert.That(bus.InspectTopic("numbers").PendingBytes, Is.Zero);
    }

    [Test]
    public async Task Who_left_the_loop_over_a_subscriber_leaves_no_memory_behind([Values] bool afterTheStop)
    {
        using (IHost publishing = await PublishAsync())
        {
            await publishing.Publisher<string>().PublishAsync("0");
        }
        using IHost host = await TestHost.StartAsync(_directory.Path, static builder => builder.AddSubscriber("numbers", MessageSerializer.Utf8));
        await foreach (string _ in host.Services.GetRequiredService<IMessageSubscriber<string>>().ReadAllAsync())
        {
            if (afterTheStop)
            {
                await host.StopAsync();
            }
            break;
        }
        await Task.Run(() => host.StopAsync());
        Assert.That(ProcessFiles.Mappings(_directory.File("numbers")), Is.Empty);
        Assert.That(Bus.Open(new BusOptions { Directory = _directory.Path }).InspectTopic("numbers").PendingBytes, Is.GreaterThan(0), "it is delivered again");
    }

    [Test]
    public async Task A_logger_that_throws_keeps_nobody_from_connecting_nor_from_handling([Values(1, 4)] int concurrency)
    {
        await File.WriteAllTextAsync(_directory.File("numbers"), "not a topic");
        int tries = 0;
        IHost handler = await TestHost.StartAsync(
            _directory.Path,
            builder => builder.AddHandler(
                "numbers", MessageSerializer.Utf8,
                (_, message, _, _) =>
                {
                    if (++tries == 1)
                    {
                        throw new FormatException();
                    }
                    _handled.Enqueue(message);
                    return default;
                },
                settings => (settings.Concurrency, settings.RetryDelay) = (concurrency, TimeSpan.Zero)),
            static builder => builder.Logging.AddProvider(new ThrowingLog()));
        File.Delete(_directory.File("numbers"));
        IHost publishing = await PublishAsync();
        await publishing.Publisher<string>().PublishAsync("0");
        Until.True(() => _handled.Count == 1);
        File.Delete(_directory.File("numbers"));
        await publishing.Publisher<string>().PublishAsync("1");
        Until.True(() => _handled.Count == 2);
        await StopAsync(handler, publishing);
    }

    private Task<IHost> PublishAsync(CapturedLog? log = null, Action<ShmBusBuilder>? configure = null) => TestHost.StartAsync(
        _directory.Path,
        builder =>
        {
            configure?.Invoke(builder);
            builder.AddPublisher("numbers", MessageSerializer.Utf8);
        },
        builder => log?.Capture(builder));

    private Task<IHost> HandleAsync(
        CapturedLog? log = null, Action<ShmBusBuilder>? configure = null, Func<Task>? handle = null, Action<HandlerSettings>? settings = null) => TestHost.StartAsync(
        _directory.Path,
        builder =>
        {
            configure?.Invoke(builder);
            builder.AddHandler(
                "numbers", MessageSerializer.Utf8,
                async (_, message, _, _) =>
                {
                    await (handle?.Invoke() ?? Task.CompletedTask);
                    _handled.Enqueue(message);
                },
                settings);
        },
        builder => log?.Capture(builder));

    private static async Task StopAsync(params IHost[] hosts)
    {
        foreach (IHost host in hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    /// <summary>Throws at all that the bus says.</summary>
    private sealed class ThrowingLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("ShmBus", StringComparison.Ordinal) ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    private sealed class Failing : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
