using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ShmBus.Hosting.Diagnostics;

/// <summary>The instruments: those of OpenTelemetry's conventions for messaging, and, with names of this library's own, what these have no name for.</summary>
internal sealed class BusMetrics
{
    private readonly Counter<long> _sent;
    private readonly Counter<long> _consumed;
    private readonly Counter<long> _retried;
    private readonly Counter<long> _skipped;
    private readonly Counter<long> _deadLettered;
    private readonly Counter<long> _lostBytes;
    private readonly Histogram<double> _operationDuration;
    private readonly Histogram<double> _processDuration;

    public BusMetrics(IMeterFactory factory, Connections.ConnectionList connections)
    {
        Meter meter = factory.Create(new MeterOptions(ShmBusTelemetry.MeterName) { Version = ShmBusTelemetry.Version });
        _sent = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that were published.");
        _consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Messages that were handed to handlers and subscribers.");
        _operationDuration = meter.CreateHistogram("messaging.client.operation.duration", "s", "How long it took to publish a message, waiting included.", advice: Durations);
        _processDuration = meter.CreateHistogram("messaging.process.duration", "s", "How long it took to handle a message.", advice: Durations);
        _retried = meter.CreateCounter<long>("shmbus.handler.retries", "{retry}", "Tries to handle a message after one that failed.");
        _skipped = meter.CreateCounter<long>("shmbus.handler.skipped", "{message}", "Messages that could not be handled and were passed by.");
        _deadLettered = meter.CreateCounter<long>("shmbus.handler.dead_lettered", "{message}", "Messages that could not be handled and went to a dead-letter topic.");
        _lostBytes = meter.CreateCounter<long>("shmbus.subscriber.lost", "By", "Bytes that were overwritten before they were read, or claimed by a publisher that died.");
        meter.CreateObservableGauge("shmbus.topic.lag", () => Observe(connections, static (snapshot, _) => snapshot.PendingBytes), "By", "Bytes that were published and are not delivered yet.");
        meter.CreateObservableGauge("shmbus.topic.peers", () => Observe(connections, static (snapshot, role) => snapshot.Endpoints.Count(other => other.IsAlive && other.Role != role)), "{endpoint}", "Endpoints of the other kind that are alive on the topic.");
        meter.CreateObservableGauge("shmbus.endpoint.connected", () => connections.All.Select(static connection => new Measurement<int>(connection.IsConnected ? 1 : 0, Of(connection))), "{endpoint}", "1 while connected to the topic, else 0.");
    }

    private static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries = [0.000_001, 0.000_005, 0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    };

    /// <summary>Whether anybody wants to know how long it takes.</summary>
    internal bool Times(string operation) => operation == MessagingOperation.Send ? _operationDuration.Enabled : _processDuration.Enabled;

    internal void Timed(string operation, string topic, TimeSpan duration, string? error)
    {
        Histogram<double> histogram = operation == MessagingOperation.Send ? _operationDuration : _processDuration;
        if (histogram.Enabled)
        {
            TagList tags = Tags(topic, operation);
            if (error is not null)
            {
                tags.Add("error.type", error);
            }
            histogram.Record(duration.TotalSeconds, tags);
        }
    }

    internal void Sent(string topic) => Add(_sent, 1, topic, MessagingOperation.Send);

    internal void Consumed(string topic) => Add(_consumed, 1, topic, MessagingOperation.Process);

    internal void Retried(string topic) => Add(_retried, 1, topic, MessagingOperation.Process);

    internal void Skipped(string topic) => Add(_skipped, 1, topic, MessagingOperation.Process);

    internal void DeadLettered(string topic) => Add(_deadLettered, 1, topic, MessagingOperation.Process);

    internal void Lost(string topic, long bytes) => Add(_lostBytes, bytes, topic, MessagingOperation.Process);

    private static void Add(Counter<long> counter, long count, string topic, string operation)
    {
        if (counter.Enabled)
        {
            counter.Add(count, Tags(topic, operation));
        }
    }

    private static TagList Tags(string topic, string operation) => new()
    {
        { "messaging.system", "shmbus" },
        { "messaging.destination.name", topic },
        { "messaging.operation.name", operation },
    };

    private static KeyValuePair<string, object?>[] Of(Connections.Connection connection) =>
    [
        new("messaging.system", "shmbus"),
        new("messaging.destination.name", connection.Topic),
        new("shmbus.endpoint.name", connection.Name),
        new("shmbus.endpoint.role", connection.Role == Rings.EndpointRole.Publisher ? "publisher" : "subscriber"),
    ];

    private static IEnumerable<Measurement<long>> Observe(Connections.ConnectionList connections, Func<TopicSnapshot, Rings.EndpointRole, long> value)
    {
        foreach (Connections.Connection connection in connections.All)
        {
            if (connection.Inspect() is TopicSnapshot snapshot)
            {
                yield return new Measurement<long>(value(snapshot, connection.Role), Of(connection));
            }
        }
    }
}
