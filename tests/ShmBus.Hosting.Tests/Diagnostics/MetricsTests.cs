using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.Diagnostics;

/// <summary>One host in which everything happens that is counted, and what OpenTelemetry exports of it.</summary>
internal sealed class MetricsTests
{
    private const int Payload = 256;

    private static readonly PartlySerializable Texts = new();
    private IReadOnlyList<ExportedPoint> _points = [];

    [OneTimeSetUp]
    public async Task Do_everything_once()
    {
        using ExportedMetrics exported = new();
        using Bus bus = Bus.InProcess();
        using SemaphoreSlim entered = new(0);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await TestHost.StartAsync(bus, builder =>
        {
            builder.AddPublisher("orders", Texts).AddHandler("orders", Texts, FailAsTold, settings => (settings.Retries, settings.RetryDelay, settings.OnError) = (1, TimeSpan.Zero, ErrorAction.Skip), "ship");
            builder.AddPublisher("bills", Texts).AddHandler("bills", Texts, FailAsTold, settings => (settings.Retries, settings.OnError) = (0, ErrorAction.DeadLetter));
            builder.AddPublisher("feed", Texts).AddSubscriber("feed", Texts);
            builder.ConfigureTopic("ticks", topic => (topic.Delivery, topic.Overflow, topic.Capacity) = (Delivery.Broadcast, Overflow.Overwrite, 4096)).AddPublisher("ticks", Texts).AddHandler("ticks", Texts, Dawdle);
            builder.ConfigureTopic("news", topic => (topic.Delivery, topic.EvictionLag, topic.Capacity) = (Delivery.Broadcast, 4096, 4096)).AddPublisher("news", Texts).AddHandler("news", Texts, Dawdle);
        });
        foreach (string message in (string[])["fine", "fail once", "fail"])
        {
            await Publish(host, "orders", message);
        }
        Assert.That(async () => await Publish(host, "orders", PartlySerializable.Unserializable), Throws.TypeOf<NotSupportedException>());
        await Publish(host, "bills", "fail");
        await Publish(host, "feed", "first");
        await foreach (string message in host.Services.GetRequiredKeyedService<IMessageSubscriber<string>>("feed").ReadAllAsync())
        {
            Assert.That(message, Is.EqualTo("first"));
            break;
        }
        foreach (string topic in (string[])["ticks", "news"])
        {
            await Publish(host, topic, "first");
            await entered.WaitAsync();
            for (int i = 0; i < 2 * 4096 / Payload; i++)
            {
                await Publish(host, topic, new string('x', Payload));
            }
        }
        gate.SetResult();
        Until.True(() =>
        {
            _points = exported.Collect();
            return Values("shmbus.subscriber.evictions").Any(static value => value > 0) && Values("shmbus.subscriber.lost").Any()
                && Values("shmbus.handler.skipped").Any() && Values("shmbus.handler.dead_lettered").Any()
                && _points.Any(static point => point is { Name: "shmbus.endpoint.connected", Value: 1 } && point.Tags.Contains("name=news shmbus.endpoint.role=subscriber", StringComparison.Ordinal));
        });
        await host.StopAsync();

        async ValueTask Dawdle(IServiceProvider services, string message, MessageContext context, CancellationToken cancellationToken)
        {
            entered.Release();
            await gate.Task;
        }

        static ValueTask FailAsTold(IServiceProvider services, string message, MessageContext context, CancellationToken cancellationToken) =>
            message == "fail" || (message == "fail once" && context.Attempt == 1) ? throw new InvalidOperationException(message) : default;
    }

    [TestCase("messaging.client.sent.messages", MetricType.LongSum, "{message}", "messaging.destination.name=orders messaging.operation.name=send messaging.system=shmbus", 3)]
    [TestCase("messaging.client.sent.messages", MetricType.LongSum, "{message}", "error.type=System.NotSupportedException messaging.destination.name=orders messaging.operation.name=send messaging.system=shmbus", 1)]
    [TestCase("messaging.client.operation.duration", MetricType.Histogram, "s", "messaging.destination.name=orders messaging.operation.name=send messaging.operation.type=send messaging.system=shmbus", 3)]
    [TestCase("messaging.client.operation.duration", MetricType.Histogram, "s", "error.type=System.NotSupportedException messaging.destination.name=orders messaging.operation.name=send messaging.operation.type=send messaging.system=shmbus", 1)]
    [TestCase("messaging.client.consumed.messages", MetricType.LongSum, "{message}", "messaging.destination.name=orders messaging.operation.name=process messaging.system=shmbus shmbus.endpoint.name=ship", 3)]
    [TestCase("messaging.client.consumed.messages", MetricType.LongSum, "{message}", "messaging.destination.name=feed messaging.operation.name=receive messaging.system=shmbus shmbus.endpoint.name=feed", 1)]
    [TestCase("messaging.process.duration", MetricType.Histogram, "s", "messaging.destination.name=orders messaging.operation.name=process messaging.system=shmbus shmbus.endpoint.name=ship", 2)]
    [TestCase("messaging.process.duration", MetricType.Histogram, "s", "error.type=System.InvalidOperationException messaging.destination.name=orders messaging.operation.name=process messaging.system=shmbus shmbus.endpoint.name=ship", 3)]
    [TestCase("shmbus.handler.retries", MetricType.LongSum, "{retry}", "error.type=System.InvalidOperationException messaging.destination.name=orders messaging.operation.name=process messaging.system=shmbus shmbus.endpoint.name=ship", 2)]
    [TestCase("shmbus.handler.skipped", MetricType.LongSum, "{message}", "error.type=System.InvalidOperationException messaging.destination.name=orders messaging.operation.name=process messaging.system=shmbus shmbus.endpoint.name=ship", 1)]
    [TestCase("shmbus.handler.dead_lettered", MetricType.LongSum, "{message}", "error.type=System.InvalidOperationException messaging.destination.name=bills messaging.operation.name=process messaging.system=shmbus shmbus.endpoint.name=bills", 1)]
    [TestCase("shmbus.subscriber.evictions", MetricType.LongSum, "{eviction}", "messaging.destination.name=news messaging.system=shmbus shmbus.endpoint.name=news shmbus.endpoint.role=subscriber", 1)]
    [TestCase("shmbus.endpoint.disconnects", MetricType.LongSum, "{disconnect}", "messaging.destination.name=news messaging.system=shmbus shmbus.endpoint.name=news shmbus.endpoint.role=subscriber", 1)]
    [TestCase("shmbus.endpoint.connected", MetricType.LongSumNonMonotonic, "{endpoint}", "messaging.destination.name=orders messaging.system=shmbus shmbus.endpoint.name=orders shmbus.endpoint.role=publisher", 1)]
    [TestCase("shmbus.topic.endpoints", MetricType.LongGauge, "{endpoint}", "messaging.destination.name=bills.dead messaging.system=shmbus shmbus.endpoint.role=publisher", 1)]
    [TestCase("shmbus.topic.endpoints", MetricType.LongGauge, "{endpoint}", "messaging.destination.name=bills.dead messaging.system=shmbus shmbus.endpoint.role=subscriber", 0)]
    public void Every_instrument_is_exported_with_its_unit_and_attributes(string name, MetricType type, string unit, string tags, int value) =>
        Assert.That(_points, Has.One.EqualTo(new ExportedPoint(name, type, unit, tags, value)), string.Join('\n', _points.Where(point => point.Name == name)));

    [Test]
    public void What_was_overwritten_is_counted_in_bytes()
    {
        ExportedPoint lost = _points.Single(static point => point.Name == "shmbus.subscriber.lost");
        Assert.That((lost.Type, lost.Unit, lost.Tags), Is.EqualTo((MetricType.LongSum, "By",
            "messaging.destination.name=ticks messaging.system=shmbus shmbus.endpoint.name=ticks shmbus.loss.cause=overwritten")));
        Assert.That(lost.Value, Is.GreaterThan(Payload));
    }

    [Test]
    public void What_is_not_delivered_yet_is_observed_in_bytes()
    {
        ExportedPoint lag = _points.Single(static point => point.Name == "shmbus.topic.lag" && point.Tags.Contains("=bills.dead ", StringComparison.Ordinal));
        Assert.That((lag.Type, lag.Unit, lag.Tags), Is.EqualTo((MetricType.LongGauge, "By",
            "messaging.destination.name=bills.dead messaging.system=shmbus")));
        Assert.That(lag.Value, Is.GreaterThan(0), "Nobody reads it.");
    }

    /// <summary>No test can be forgotten: an instrument that is added needs a line above.</summary>
    [Test]
    public void No_other_instrument_is_exported() => Assert.That(_points.Select(static point => point.Name).Distinct(), Is.EquivalentTo((string[])
    [
        "messaging.client.sent.messages", "messaging.client.operation.duration", "messaging.client.consumed.messages", "messaging.process.duration",
        "shmbus.handler.retries", "shmbus.handler.skipped", "shmbus.handler.dead_lettered", "shmbus.subscriber.lost", "shmbus.subscriber.evictions",
        "shmbus.endpoint.disconnects", "shmbus.endpoint.connected", "shmbus.topic.lag", "shmbus.topic.endpoints",
    ]));

    [Test]
    public async Task Counting_and_timing_allocate_nothing_per_message([Values] bool isListenedTo)
    {
        const int Messages = 1000;
        using Bus bus = Bus.InProcess();
        using IHost host = await TestHost.StartAsync(bus, builder => builder.AddPublisher("numbers", MessageSerializer.Unmanaged<long>()).AddSubscriber("numbers", MessageSerializer.Unmanaged<long>()));
        IMessagePublisher<long> publisher = host.Services.GetRequiredService<IMessagePublisher<long>>();
        IAsyncEnumerator<long> reader = host.Services.GetRequiredService<IMessageSubscriber<long>>().ReadAllAsync().GetAsyncEnumerator();
        long seen = 0;
        using MeterListener listener = new();
        if (isListenedTo)
        {
            listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == ShmBusTelemetry.MeterName && !instrument.IsObservable)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((_, _, _, _) => seen++);
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => seen++);
            listener.Start();
        }
        // Everything is compiled, in all its tiers.
        long allocated = long.MaxValue;
        for (int round = 0; round < 50 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Messages; i++)
            {
                PublishAndRead(i);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.That(allocated, Is.Zero);
        // Published, how long it took, consumed; twice published.
        Assert.That(seen, isListenedTo ? Is.GreaterThanOrEqualTo(5 * Messages) : Is.Zero);
        await reader.DisposeAsync();
        await host.StopAsync();

        void PublishAndRead(long number)
        {
            ValueTask publishing = publisher.PublishAsync(number);
            bool isPublished = publisher.TryPublish(number) && publishing.IsCompletedSuccessfully;
            for (int i = 0; i < 2; i++)
            {
                ValueTask<bool> reading = reader.MoveNextAsync();
                if (!isPublished || !reading.IsCompleted || !reading.Result)
                {
                    throw new InvalidOperationException("Expected no wait.");
                }
            }
        }
    }

    private IEnumerable<double> Values(string name) => _points.Where(point => point.Name == name).Select(static point => point.Value);

    private static ValueTask Publish(IHost host, string topic, string message) =>
        host.Services.GetRequiredKeyedService<IMessagePublisher<string>>(topic).PublishAsync(message);

    /// <summary>Text, but for one message.</summary>
    private sealed class PartlySerializable : IMessageSerializer<string>
    {
        internal const string Unserializable = "unserializable";

        public MessageContract Contract => MessageSerializer.Utf8.Contract;

        public void Serialize(System.Buffers.IBufferWriter<byte> output, in string message)
        {
            if (message == Unserializable)
            {
                throw new NotSupportedException(message);
            }
            MessageSerializer.Utf8.Serialize(output, message);
        }

        public void Deserialize(in MessagePayload payload, out string message) => MessageSerializer.Utf8.Deserialize(payload, out message);
    }
}
