using System.Diagnostics;
using System.Runtime.CompilerServices;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Connections;

/// <summary>
/// A publisher that any number of threads share. Who finds room, and nobody waiting (<c>_waiting</c>), publishes under the lock. Who does not queues for the
/// turn (<c>_turn</c>), and waits for room alone; meanwhile the endpoint is the wait's. So nobody overtakes one that waits.
/// </summary>
internal sealed class HostedPublisher<T> : IMessagePublisher<T>, IConnected, IDisposable
{
    private readonly Connection<Publisher<T>> _connection;
    private readonly BusMetrics _metrics;
    private readonly BusTracing _tracing;
    private readonly IMessageSerializer<T> _serializer;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _lock = new();
    private int _waiting;
    private bool _isDisposed;

    internal HostedPublisher(string topic, IMessageSerializer<T> serializer, BusServices services)
    {
        Topic = topic;
        _serializer = serializer;
        _metrics = services.Metrics;
        _tracing = services.Tracing;
        _connection = services.Connect(topic, topic, EndpointRole.Publisher, Create, static publisher => publisher.Raw);
    }

    public string Topic { get; }

    private bool IsObserved => _tracing.IsOn || _metrics.ObservesSend;

    public void Start() => _connection.Start();

    public ValueTask PublishAsync(T message, MessageExtras extras = default, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        if (IsObserved)
        {
            return PublishObservedAsync(message, extras, cancellationToken);
        }
        try
        {
            return TryPublishNow(message, extras) ? default : PublishLaterAsync(message, extras, cancellationToken);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    public bool TryPublish(in T message, in MessageExtras extras = default)
    {
        if (!IsObserved)
        {
            return TryPublishNow(message, extras);
        }
        using Activity? activity = _tracing.StartSend(Topic, extras);
        long start = Stopwatch.GetTimestamp();
        try
        {
            if (TryPublishNow(message, extras))
            {
                _metrics.Sent(Topic, Stopwatch.GetElapsedTime(start), null);
                return true;
            }
            BusTracing.Drop(activity);
            return false;
        }
        catch (Exception exception)
        {
            BusTracing.Fail(activity, exception);
            _metrics.Sent(Topic, Stopwatch.GetElapsedTime(start), exception);
            throw;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }
        _connection.Dispose();
    }

    private Publisher<T> Create(Topic topic)
    {
        Publisher<T> publisher = topic.CreatePublisher(_serializer);
        publisher.Raw.AddsTraceContext = true;
        return publisher;
    }

    private void ThrowIfDisposed()
    {
        if (_isDisposed)
        {
            throw _connection.NewDisposed();
        }
    }

    private bool TryPublishNow(in T message, in MessageExtras extras)
    {
        lock (_lock)
        {
            ThrowIfDisposed();
            if (_waiting > 0)
            {
                return false;
            }
            Publisher<T>? publisher = _connection.Current;
            if (publisher is null)
            {
                // Nobody did where there is no host.
                _connection.Start();
                publisher = _connection.Current;
            }
            return publisher is not null && TryPublish(publisher, message, extras);
        }
    }

    private bool TryPublish(Publisher<T> publisher, in T message, in MessageExtras extras)
    {
        try
        {
            return publisher.TryPublish(message, extras);
        }
        catch (Exception exception) when (IsEndOf(publisher, exception))
        {
            _connection.Renew(publisher, exception);
            return false;
        }
    }

    /// <summary>Whether the endpoint can be used no more. What a serializer has disposed is its own business.</summary>
    private bool IsEndOf(Publisher<T> publisher, Exception exception) =>
        exception is RingCorruptException || (exception is ObjectDisposedException && !_isDisposed && _connection.Current != publisher);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PublishObservedAsync(T message, MessageExtras extras, CancellationToken cancellationToken)
    {
        using Activity? activity = _tracing.StartSend(Topic, extras);
        long start = Stopwatch.GetTimestamp();
        Exception? error = null;
        try
        {
            if (!TryPublishNow(message, extras))
            {
                await PublishLaterAsync(message, extras, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            error = exception;
            BusTracing.Fail(activity, exception);
            throw;
        }
        finally
        {
            _metrics.Sent(Topic, Stopwatch.GetElapsedTime(start), error);
        }
    }

    private async ValueTask PublishLaterAsync(T message, MessageExtras extras, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _waiting++;
        }
        try
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                Publisher<T> publisher;
                do
                {
                    publisher = await _connection.GetAsync(cancellationToken).ConfigureAwait(false);
                }
                while (!await TryPublishAsync(publisher, message, extras, cancellationToken).ConfigureAwait(false));
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            lock (_lock)
            {
                _waiting--;
            }
        }
    }

    /// <summary>False when the endpoint was lost before: nothing was published.</summary>
    private async ValueTask<bool> TryPublishAsync(Publisher<T> publisher, T message, MessageExtras extras, CancellationToken cancellationToken)
    {
        try
        {
            ValueTask publishing;
            lock (_lock)
            {
                ThrowIfDisposed();
                publishing = publisher.PublishAsync(message, extras, cancellationToken);
                if (publishing.IsCompleted)
                {
                    publishing.GetAwaiter().GetResult();
                    return true;
                }
            }
            _connection.BlockedSince = DateTimeOffset.UtcNow;
            try
            {
                await publishing.ConfigureAwait(false);
                return true;
            }
            finally
            {
                _connection.BlockedSince = null;
            }
        }
        catch (Exception exception) when (IsEndOf(publisher, exception))
        {
            _connection.Renew(publisher, exception);
            return false;
        }
    }
}
