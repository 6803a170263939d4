using System.Runtime.CompilerServices;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Connections;

/// <summary>A subscriber that is read in a loop, whatever becomes of the endpoint below.</summary>
internal sealed class HostedSubscriber<T> : IMessageSubscriber<T>, IConnected, IDisposable
{
    private readonly Connection<Subscriber<T>> _connection;
    private readonly BusServices _services;
    private readonly IMessageSerializer<T> _serializer;
    private readonly HandlerSettings _settings;
    private readonly LossLog _losses;
    private int _readers;

    internal HostedSubscriber(string topic, IMessageSerializer<T> serializer, HandlerSettings settings, BusServices services)
    {
        Topic = topic;
        _serializer = serializer;
        _settings = settings;
        _services = services;
        _losses = new LossLog(topic, topic, services);
        _connection = services.Connect(topic, topic, EndpointRole.Subscriber, Create, static subscriber => subscriber.Raw);
    }

    public string Topic { get; }

    public void Start() => _connection.Start();

    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _readers, 1) != 0)
        {
            throw new InvalidOperationException($"Somebody else reads the topic '{Topic}' by this subscriber; expected one reader at a time.");
        }
        Subscriber<T>? subscriber = null;
        try
        {
            while (true)
            {
                try
                {
                    subscriber = await _connection.GetAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (ObjectDisposedException)
                {
                    yield break;
                }
                (bool isThere, T? message) = await TryReadAsync(subscriber, cancellationToken).ConfigureAwait(false);
                if (isThere)
                {
                    _services.Metrics.Consumed(Topic, Topic, MessagingOperation.Receive);
                    yield return message!;
                }
            }
        }
        finally
        {
            Complete(subscriber);
            Interlocked.Exchange(ref _readers, 0);
        }
    }

    public void Dispose() => _connection.Dispose();

    private Subscriber<T> Create(Topic topic)
    {
        Subscriber<T> subscriber = topic.CreateSubscriber(_serializer, acknowledge: _settings.Acknowledge, joinAt: _settings.JoinAt, place: _settings.Place);
        subscriber.Raw.Lost += (_, loss) => _losses.Add(loss);
        _losses.AddMissed(subscriber.Raw.MissedBytes);
        return subscriber;
    }

    /// <summary>Nothing when the endpoint was lost.</summary>
    private async ValueTask<(bool, T?)> TryReadAsync(Subscriber<T> subscriber, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await subscriber.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is SubscriberEvictedException or RingCorruptException or RecordKindException || (exception is ObjectDisposedException && _connection.Current != subscriber))
        {
            _connection.Renew(subscriber, exception);
        }
        return (false, default);
    }

    /// <summary>Who leaves the loop has read the last message.</summary>
    private static void Complete(Subscriber<T>? subscriber)
    {
        try
        {
            subscriber?.Raw.Complete();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or RingCorruptException or SubscriberEvictedException)
        {
            // Then it is delivered again.
        }
    }
}
