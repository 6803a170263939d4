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
    private volatile Subscriber<T>? _last;
    private volatile bool _hasLeft;

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
        bool isDone = true;
        try
        {
            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _services.Stopping);
            while (!_services.Stopping.IsCancellationRequested)
            {
                _last = subscriber = await TryGetAsync(ending.Token).ConfigureAwait(false);
                if (subscriber is null)
                {
                    break;
                }
                (bool isThere, T? message) = await TryReadAsync(subscriber, ending.Token).ConfigureAwait(false);
                if (isThere)
                {
                    _services.Metrics.Consumed(Topic, Topic, MessagingOperation.Receive);
                    isDone = false;
                    yield return message!;
                    // Nobody comes here who leaves the loop in between: by an exception, for all that is known.
                    isDone = true;
                }
            }
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            if (isDone)
            {
                Complete(subscriber);
            }
            Interlocked.Exchange(ref _readers, 0);
            GiveUpMessage();
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _hasLeft = true;
        GiveUpMessage();
    }

    /// <summary>An endpoint that another thread disposes keeps its memory for the message that was read last, until the next call.</summary>
    private void GiveUpMessage()
    {
        if (_hasLeft && Interlocked.CompareExchange(ref _readers, 1, 0) == 0)
        {
            Complete(_last);
            Interlocked.Exchange(ref _readers, 0);
        }
    }

    private Subscriber<T> Create(Topic topic)
    {
        Subscriber<T> subscriber = topic.CreateSubscriber(_serializer, acknowledge: _settings.Acknowledge, joinAt: _settings.JoinAt, place: _settings.Place);
        subscriber.Raw.Lost += (_, loss) => _losses.Add(loss);
        _losses.AddMissed(subscriber.Raw.MissedBytes);
        return subscriber;
    }

    /// <summary>Null when the host stops.</summary>
    private async ValueTask<Subscriber<T>?> TryGetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ObjectDisposedException || (exception is OperationCanceledException && _services.Stopping.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Nothing when the endpoint was lost, or the host stops.</summary>
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
        catch (OperationCanceledException) when (_services.Stopping.IsCancellationRequested)
        {
            // The loop ends.
        }
        return (false, default);
    }

    /// <summary>The last message that was read is delivered.</summary>
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
