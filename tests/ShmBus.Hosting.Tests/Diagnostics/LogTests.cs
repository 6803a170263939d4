using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Diagnostics;

/// <summary>Every line of the log, made to appear.</summary>
internal sealed class LogTests
{
    private const int Capacity = 4096;
    private static readonly string Long = new('x', 256);

    private readonly RecordedLog _log = new();

    [TearDown]
    public void Forget() => _log.Clear();

    [OneTimeTearDown]
    public void Dispose() => _log.Dispose();

    [Test]
    public async Task Connecting_and_stopping()
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await StartAsync(bus, static builder => builder.AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default, name: "ship"));
        Expect(1, LogLevel.Information, "ship: connected to the topic 'orders' (in process).");
        await host.StopAsync();
        Expect(12, LogLevel.Information, "ship: stopped; 0 messages of 'orders' were handled since the start.");
    }

    [Test]
    public async Task A_topic_that_cannot_be_had_is_told_once()
    {
        using Bus bus = Bus.InProcess();
        bus.OpenOrCreateTopic("orders").Dispose();
        using IHost host = await StartAsync(bus, static builder => builder.ConfigureTopic("orders", static topic => topic.Capacity = Capacity)
            .AddSubscriber("orders", MessageSerializer.Utf8).AddSubscriber("bills", MessageSerializer.Utf8));
        Expect(2, LogLevel.Warning, "orders: cannot connect to the topic 'orders' yet; trying on.");
        bus.DeleteTopic("orders");
        Until.True(() => _log.Of(1).Length == 2);
        Assert.That(_log.Of(2), Has.Length.EqualTo(1));
        await host.StopAsync();
    }

    [Test]
    public async Task A_place_that_another_holds_is_waited_for_and_that_is_told_once()
    {
        using Bus bus = Bus.InProcess();
        using Topic topic = bus.OpenOrCreateTopic("orders");
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber other = topic.CreateSubscriber();
        using IHost host = await StartAsync(bus, static builder => builder.AddSubscriber("orders", MessageSerializer.Utf8));
        Expect(17, LogLevel.Warning, "orders: waits for its turn on the topic 'orders': '", "or use a topic of its own.");
        // Who holds the place counts on, in the text.
        Assert.That(publisher.TryPublish("one"u8));
        _ = other.Read();
        other.Dispose();
        Until.True(() => _log.Of(1).Length == 1);
        Assert.That(_log.Of(17), Has.Length.EqualTo(1));
        Assert.That(_log.Of(2), Is.Empty);
        await host.StopAsync();
    }

    [Test]
    public async Task A_topic_that_cannot_be_read_is_told_once_however_often_it_is_tried()
    {
        using TestDirectory directory = new();
        using ExportedMetrics metrics = new();
        DamagedTopic.Create(directory.Path, DamagedTopic.Kind);
        using IHost host = await TestHost.StartAsync(
            directory.Path, static builder => builder.AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default), builder => builder.Logging.AddProvider(_log));
        Until.True(() => metrics.Collect().Any(static point => point is { Name: "shmbus.endpoint.disconnects", Value: > 2 }));
        Assert.That(_log.Of(1), Has.Length.EqualTo(2), "Connected, and once more: after that it is no news.");
        Expect(3, LogLevel.Error, "orders: cut off from the topic 'orders'; connecting anew.");
        await host.StopAsync();
    }

    [Test]
    public async Task A_deleted_topic()
    {
        using TestDirectory directory = new();
        using IHost host = await TestHost.StartAsync(directory.Path, static builder => builder.AddPublisher("orders", MessageSerializer.Utf8), builder => builder.Logging.AddProvider(_log));
        using (Bus bus = Bus.Open(directory.Path))
        using (Topic topic = bus.OpenTopic("orders"))
        {
            File.Delete(topic.Path!);
        }
        Until.True(() => _log.Of(1).Length == 2);
        Expect(4, LogLevel.Error, "orders: the file of the topic 'orders' was deleted or replaced; moving to the new one.");
        Assert.That(_log.Of(3), Is.Empty, "That says it all.");
        await host.StopAsync();
    }

    [Test]
    public async Task An_eviction()
    {
        await Overtake(topic => (topic.Delivery, topic.EvictionLag, topic.Capacity) = (Delivery.Broadcast, Capacity, Capacity), 5);
        Assert.That(_log.Of(5)[0].Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(_log.Of(5)[0].Text, Does.Match("^ticks: evicted from the topic 'ticks' at [0-9]+, since it lagged too far; joining again.$"));
        Assert.That(_log.Of(3), Is.Empty, "That says it all.");
    }

    [Test]
    public async Task A_loss()
    {
        await Overtake(topic => (topic.Delivery, topic.Overflow, topic.Capacity) = (Delivery.Broadcast, Overflow.Overwrite, Capacity), 6);
        Assert.That(_log.Of(6)[0].Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(_log.Of(6)[0].Text, Does.Match(@"^ticks: ([0-9]+) bytes at [0-9]+ of the topic 'ticks' are lost \(Overwritten\); \1 since the start.$"));
    }

    [Test]
    public async Task Losses_without_end_are_told_less_and_less_often()
    {
        const int Losses = 200;
        using Bus bus = Bus.InProcess();
        using SemaphoreSlim entered = new(0);
        using SemaphoreSlim gate = new(0);
        using IHost host = await StartAsync(bus, builder => builder
            .ConfigureTopic("ticks", static topic => (topic.Delivery, topic.Overflow, topic.Capacity) = (Delivery.Broadcast, Overflow.Overwrite, Capacity))
            .AddPublisher("ticks", MessageSerializer.Utf8)
            .AddHandler("ticks", MessageSerializer.Utf8, async (_, _, _, cancellationToken) =>
            {
                entered.Release();
                await gate.WaitAsync(cancellationToken);
            }));
        IMessagePublisher<string> publisher = host.Services.GetRequiredService<IMessagePublisher<string>>();
        await publisher.PublishAsync(Long);
        for (int loss = 0; loss < Losses; loss++)
        {
            await entered.WaitAsync();
            for (int i = 0; i < 2 * Capacity / Long.Length; i++)
            {
                await publisher.PublishAsync(Long);
            }
            gate.Release();
        }
        gate.Release(Capacity);
        await host.StopAsync();
        // 200 times about the same: 1, 2, 4 ... 128 of them.
        Assert.That(_log.Of(6), Has.Length.InRange(6, 16));
    }

    [Test]
    public async Task A_message_that_fails_and_is_skipped()
    {
        await Fail(static settings => (settings.Retries, settings.RetryDelay, settings.OnError) = (1, TimeSpan.FromMilliseconds(1), ErrorAction.Skip), 8);
        Expect(7, LogLevel.Warning, "ship: the message at ", " of 'orders' failed, try 1; again in 00:00:00.0010000.");
        Expect(8, LogLevel.Error, "ship: the message at ", " of 'orders' failed after 2 tries and is skipped: it is lost.");
        Assert.That(_log.Of(8)[0].Exception, Is.TypeOf<InvalidOperationException>());
    }

    [Test]
    public async Task A_message_that_goes_to_the_dead_letter_topic()
    {
        await Fail(static settings => (settings.Retries, settings.OnError) = (0, ErrorAction.DeadLetter), 9);
        Expect(9, LogLevel.Error, "ship: the message at ", " of 'orders' failed after 1 tries and goes to 'orders.dead'.");
    }

    [Test]
    public async Task A_message_that_stops_the_host()
    {
        try
        {
            await Fail(static settings => settings.Retries = 0, 10);
        }
        finally
        {
            Environment.ExitCode = 0;
        }
        Expect(10, LogLevel.Critical, "ship: the message at ", " of 'orders' failed after 1 tries; the host stops.");
    }

    [Test]
    public async Task A_dead_letter_topic_that_takes_nothing()
    {
        using Bus bus = Bus.InProcess();
        using Topic dead = bus.OpenOrCreateTopic("orders.dead", new TopicOptions { Capacity = 512 << 10 });
        using (Publisher filler = dead.CreatePublisher())
        {
            while (filler.TryPublish(ReadOnlySpan<byte>.Empty))
            {
            }
        }
        using IHost host = await StartAsync(bus, static builder => builder
            .ConfigureTopic("orders.dead", static topic => topic.Capacity = 512 << 10)
            .AddPublisher("orders", MessageSerializer.Utf8)
            .AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => throw new InvalidOperationException("No stock."), static settings => (settings.Retries, settings.OnError) = (0, ErrorAction.DeadLetter), "ship"));
        await host.Services.GetRequiredService<IMessagePublisher<string>>().PublishAsync("an order");
        Until.True(() => _log.Of(11).Length > 0);
        await host.StopAsync();
        Expect(11, LogLevel.Warning, "ship: the dead-letter topic 'orders.dead' takes nothing now; 'orders' waits for it.");
    }

    [TestCase(Acknowledge.AfterHandling, Delivery.Queue, null, true)]
    [TestCase(Acknowledge.BeforeHandling, Delivery.Queue, null, false)]
    [TestCase(Acknowledge.AfterHandling, Delivery.Broadcast, null, false)]
    [TestCase(Acknowledge.AfterHandling, Delivery.Broadcast, "here", true)]
    public async Task A_handler_that_does_not_end_in_time(Acknowledge acknowledge, Delivery delivery, string? place, bool comesAgain)
    {
        using Bus bus = Bus.InProcess();
        using SemaphoreSlim entered = new(0);
        using IHost host = await StartAsync(bus, builder => builder.ConfigureTopic("orders", topic => topic.Delivery = delivery).AddPublisher("orders", MessageSerializer.Utf8).AddHandler(
            "orders", MessageSerializer.Utf8,
            async (_, _, _, cancellationToken) =>
            {
                entered.Release();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
            settings => (settings.Acknowledge, settings.Place) = (acknowledge, place), "ship"));
        await host.Services.GetRequiredService<IMessagePublisher<string>>().PublishAsync("an order");
        await entered.WaitAsync();
        using CancellationTokenSource timeIsOver = new();
        Task stopping = host.StopAsync(timeIsOver.Token);
        await timeIsOver.CancelAsync();
        try
        {
            await stopping;
        }
        catch (OperationCanceledException)
        {
            // So the host may say, too.
        }
        Until.True(() => _log.Of(12).Length > 0);
        if (comesAgain)
        {
            Expect(13, LogLevel.Warning, "ship: stopped; 1 messages of 'orders' that were begun, and not finished, are delivered again at the next start.");
        }
        else
        {
            Expect(14, LogLevel.Error, "ship: stopped; 1 messages of 'orders' that were begun, and not finished, are lost: nothing brings them again.");
        }
    }

    private Task<IHost> StartAsync(Bus bus, Action<ShmBusBuilder> configure) => TestHost.StartAsync(bus, configure, builder => builder.Logging.AddProvider(_log));

    /// <summary>A handler that fails, until a line is logged.</summary>
    private async Task Fail(Action<HandlerSettings> configure, int id)
    {
        using Bus bus = Bus.InProcess();
        using IHost host = await StartAsync(bus, builder => builder.AddPublisher("orders", MessageSerializer.Utf8).AddHandler(
            "orders", MessageSerializer.Utf8, static (_, _, _, _) => throw new InvalidOperationException("No stock."), configure, "ship"));
        await host.Services.GetRequiredService<IMessagePublisher<string>>().PublishAsync("an order");
        Until.True(() => _log.Of(id).Length > 0);
        await host.StopAsync();
    }

    /// <summary>A publisher that gets ahead of a handler by more than the ring, until a line is logged.</summary>
    private async Task Overtake(Action<TopicSettings> configure, int id)
    {
        using Bus bus = Bus.InProcess();
        using SemaphoreSlim entered = new(0);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await StartAsync(bus, builder => builder.ConfigureTopic("ticks", configure).AddPublisher("ticks", MessageSerializer.Utf8).AddHandler("ticks", MessageSerializer.Utf8, async (_, _, _, _) =>
        {
            entered.Release();
            await gate.Task;
        }));
        IMessagePublisher<string> publisher = host.Services.GetRequiredService<IMessagePublisher<string>>();
        await publisher.PublishAsync(Long);
        await entered.WaitAsync();
        for (int i = 0; i < 2 * Capacity / Long.Length; i++)
        {
            await publisher.PublishAsync(Long);
        }
        gate.SetResult();
        Until.True(() => _log.Of(id).Length > 0);
        await host.StopAsync();
    }

    private void Expect(int id, LogLevel level, string text, string? end = null)
    {
        LogLine[] lines = _log.Of(id);
        Assert.That(lines, Has.Length.EqualTo(1));
        Assert.That(lines[0].Level, Is.EqualTo(level));
        Assert.That(lines[0].Text, end is null ? Is.EqualTo(text) : Does.StartWith(text).And.EndsWith(end));
    }
}
