using System.Diagnostics;
using System.Diagnostics.Metrics;
using ShmBus.Hosting.Connections;
using ShmBus.Rings;

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

    public BusMetrics(IMeterFactory factory, ConnectionList connections)
    {
        Meter meter = factory.Create(new MeterOptions(ShmBusTelemetry.MeterName) { Version = ShmBusTelemetry.Version });
        _sent = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that were published, or could not be.");
        _consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Messages that were handed to handlers and subscribers.");
        _operationDuration = meter.CreateHistogram("messaging.client.operation.duration", "s", "How long it took to publish a message, waiting included.", advice: Durations);
        _processDuration = meter.CreateHistogram("messaging.process.duration", "s", "How long it took to handle a message.", advice: Durations);
        _retried = meter.CreateCounter<long>("shmbus.handler.retries", "{retry}", "Tries to handle a message after one that failed.");
        _skipped = meter.CreateCounter<long>("shmbus.handler.skipped", "{message}", "Messages that could not be handled and were passed by.");
        _deadLettered = meter.CreateCounter<long>("shmbus.handler.dead_lettered", "{message}", "Messages that could not be handled and went to a dead-letter topic.");
        _lostBytes = meter.CreateCounter<long>("shmbus.subscriber.lost", "By", "Bytes that were overwritten before they were read, or claimed by a publisher that died.");
        meter.CreateObservableCounter("shmbus.subscriber.evictions", () => Observe(connections, EndpointRole.Subscriber, static connection => connection.Evictions), "{eviction}", "How often a subscriber was evicted, since it lagged too far.");
        meter.CreateObservableCounter("shmbus.endpoint.disconnects", () => Observe(connections, null, static connection => connection.Disconnects), "{disconnect}", "How often an endpoint was cut off from its topic, and made anew.");
        meter.CreateObservableUpDownCounter("shmbus.endpoint.connected", () => Observe(connections, null, static connection => connection.IsConnected ? 1 : 0), "{endpoint}", "1 while connected to the topic, else 0.");
        meter.CreateObservableGauge("shmbus.topic.lag", () => ObserveTopics(connections, static (topic, snapshot) => [new Measurement<long>(snapshot.PendingBytes, TopicTags(topic))]), "By", "Bytes that were published and are not delivered yet.");
        meter.CreateObservableGauge("shmbus.topic.endpoints", () => ObserveTopics(connections, static (topic, snapshot) => [Alive(topic, snapshot, EndpointRole.Publisher), Alive(topic, snapshot, EndpointRole.Subscriber)]), "{endpoint}", "Publishers and subscribers that are alive on the topic, in whichever process.");
    }

    /// <summary>The buckets that the conventions ask for, and before them those that a call within one machine needs.</summary>
    private static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries =
        [
            0.000_001, 0.000_002_5, 0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5,
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
        ],
    };

    /// <summary>Whether anybody wants to know of publishing.</summary>
    internal bool ObservesSend => _operationDuration.Enabled || _sent.Enabled;

    /// <summary>Whether anybody wants to know how long handling takes.</summary>
    internal bool TimesProcess => _processDuration.Enabled;

    /// <summary>A message was published, or could not be.</summary>
    internal void Sent(string topic, TimeSpan duration, Exception? error)
    {
        if (ObservesSend)
        {
            TagList tags = Tags(topic, MessagingOperation.Send, error);
            _sent.Add(1, tags);
            tags.Add("messaging.operation.type", MessagingOperation.Send);
            _operationDuration.Record(duration.TotalSeconds, tags);
        }
    }

    internal void Processed(string topic, string endpoint, TimeSpan duration, Exception? error)
    {
        if (_processDuration.Enabled)
        {
            _processDuration.Record(duration.TotalSeconds, ConsumerTags(topic, endpoint, MessagingOperation.Process, error));
        }
    }

    /// <summary>A message was given to a handler (<see cref="MessagingOperation.Process"/>), or to one who asked for it (<see cref="MessagingOperation.Receive"/>).</summary>
    internal void Consumed(string topic, string endpoint, string operation)
    {
        if (_consumed.Enabled)
        {
            _consumed.Add(1, ConsumerTags(topic, endpoint, operation, null));
        }
    }

    internal void Retried(string topic, string handler, Exception error) => _retried.Add(1, ConsumerTags(topic, handler, MessagingOperation.Process, error));

    internal void Skipped(string topic, string handler, Exception error) => _skipped.Add(1, ConsumerTags(topic, handler, MessagingOperation.Process, error));

    internal void DeadLettered(string topic, string handler, Exception error) => _deadLettered.Add(1, ConsumerTags(topic, handler, MessagingOperation.Process, error));

    internal void Lost(string topic, string endpoint, long bytes, LossCause cause)
    {
        TagList tags = EndpointTags(topic, endpoint);
        tags.Add("shmbus.loss.cause", cause == LossCause.Overwritten ? "overwritten" : "publisher_died");
        _lostBytes.Add(bytes, tags);
    }

    private static TagList Tags(string topic, string operation, Exception? error)
    {
        TagList tags = TopicTags(topic);
        tags.Add("messaging.operation.name", operation);
        if (error is not null)
        {
            tags.Add("error.type", error.GetType().FullName);
        }
        return tags;
    }

    private static TagList ConsumerTags(string topic, string endpoint, string operation, Exception? error)
    {
        TagList tags = Tags(topic, operation, error);
        tags.Add("shmbus.endpoint.name", endpoint);
        return tags;
    }

    private static TagList TopicTags(string topic) => new()
    {
        { "messaging.system", ShmBusTelemetry.System },
        { "messaging.destination.name", topic },
    };

    private static TagList EndpointTags(string topic, string endpoint)
    {
        TagList tags = TopicTags(topic);
        tags.Add("shmbus.endpoint.name", endpoint);
        return tags;
    }

    private static Measurement<long> OfRole(long value, TagList tags, EndpointRole role)
    {
        tags.Add("shmbus.endpoint.role", role == EndpointRole.Publisher ? "publisher" : "subscriber");
        return new Measurement<long>(value, tags);
    }

    private static Measurement<long> Alive(string topic, TopicSnapshot snapshot, EndpointRole role) => OfRole(snapshot.Alive(role), TopicTags(topic), role);

    private static IEnumerable<Measurement<long>> Observe(ConnectionList connections, EndpointRole? role, Func<Connection, long> value)
    {
        foreach (Connection connection in connections.All)
        {
            if (role is null || connection.Role == role)
            {
                yield return OfRole(value(connection), EndpointTags(connection.Topic, connection.Name), connection.Role);
            }
        }
    }

    private static IEnumerable<Measurement<long>> ObserveTopics(ConnectionList connections, Func<string, TopicSnapshot, IEnumerable<Measurement<long>>> measure) =>
        connections.All
            .Where(static connection => connection.IsConnected)
            .DistinctBy(static connection => connection.Topic, StringComparer.Ordinal)
            // One that cannot be looked at says so in its health.
            .SelectMany(connection => connection.TryInspect(out _) is TopicSnapshot snapshot ? measure(connection.Topic, snapshot) : []);
}
