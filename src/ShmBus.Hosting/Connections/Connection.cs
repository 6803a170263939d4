using Microsoft.Extensions.Logging;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Hosting.Connections;

/// <summary>What keeps this host on a topic: it connects, and again when it was cut off. For whoever looks from outside.</summary>
internal abstract class Connection(string name, string topic, EndpointRole role)
{
    /// <summary>What it is for: the topic, or the name of a handler.</summary>
    internal string Name => name;

    internal string Topic => topic;

    internal EndpointRole Role => role;

    /// <summary>Why it is not connected; null while it is, and before the first try.</summary>
    internal abstract Exception? Problem { get; }

    internal abstract bool IsConnected { get; }

    /// <summary>Whether the host has left the topic for good.</summary>
    internal abstract bool IsClosed { get; }

    /// <summary>How often it was cut off.</summary>
    internal abstract long Disconnects { get; }

    /// <summary>How often because it lagged too far.</summary>
    internal abstract long Evictions { get; }

    /// <summary>Since when it waits for room; null when it does not.</summary>
    internal DateTimeOffset? BlockedSince { get; set; }

    /// <summary>The topic as it is now; null while it is not connected.</summary>
    internal abstract TopicSnapshot? Inspect();

    /// <summary>The topic as it is now; null while it is not connected, or cannot be looked at.</summary>
    /// <param name="error">Why it cannot be looked at.</param>
    internal TopicSnapshot? TryInspect(out Exception? error)
    {
        error = null;
        try
        {
            return Inspect();
        }
        catch (Exception exception)
        {
            error = exception;
            return null;
        }
    }

    /// <summary>Tries to connect, and goes on trying.</summary>
    internal abstract void Start();
}

/// <summary>
/// One endpoint that is made anew when it was lost. The first try is made by whoever starts it, the others by a task, which waits twice as long from one to
/// the next.
/// </summary>
/// <typeparam name="TEndpoint">What is made.</typeparam>
internal sealed class Connection<TEndpoint> : Connection, IDisposable where TEndpoint : class, IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly HostedBus _bus;
    private readonly Func<Topic, TEndpoint> _create;
    private readonly Func<TEndpoint, Endpoint> _rawOf;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposal = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<TEndpoint> _next = NewSource();
    private volatile TEndpoint? _endpoint;
    private Topic? _topic;
    private Exception? _problem;
    private TimeSpan _delay = FirstDelay;
    private long _connectedAt;
    private Type? _toldLoss;
    private long _toldAt;
    private long _disconnects;
    private long _evictions;
    private bool _isQuiet;
    private bool _isStarted;
    private volatile bool _isDisposed;

    internal Connection(string name, string topic, EndpointRole role, HostedBus bus, ILogger logger, Func<Topic, TEndpoint> create, Func<TEndpoint, Endpoint> rawOf)
        : base(name, topic, role)
    {
        _bus = bus;
        _logger = logger;
        _create = create;
        _rawOf = rawOf;
    }

    /// <summary>The endpoint, while it is connected.</summary>
    internal TEndpoint? Current => _endpoint;

    internal override bool IsConnected => _endpoint is not null;

    internal override bool IsClosed => _isDisposed;

    internal override long Disconnects => Interlocked.Read(ref _disconnects);

    internal override long Evictions => Interlocked.Read(ref _evictions);

    internal override Exception? Problem
    {
        get
        {
            lock (_lock)
            {
                return _problem;
            }
        }
    }

    internal override TopicSnapshot? Inspect()
    {
        lock (_lock)
        {
            return _topic?.Inspect();
        }
    }

    internal override void Start()
    {
        lock (_lock)
        {
            if (_isStarted || _isDisposed)
            {
                return;
            }
            _isStarted = true;
        }
        if (!TryConnect())
        {
            _ = ConnectLaterAsync();
        }
    }

    /// <summary>The endpoint, as soon as it is connected.</summary>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    internal async ValueTask<TEndpoint> GetAsync(CancellationToken cancellationToken)
    {
        Start();
        Task<TEndpoint> next;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(TEndpoint));
            next = _next.Task;
        }
        return await next.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An endpoint can be used no more: the next one is made.</summary>
    /// <param name="endpoint">Which; if it is not the one at hand, nothing is done.</param>
    /// <param name="problem">Why.</param>
    internal void Renew(TEndpoint endpoint, Exception problem)
    {
        bool isNew;
        lock (_lock)
        {
            if (_endpoint != endpoint || _isDisposed)
            {
                return;
            }
            Close();
            _next = NewSource();
            _problem = problem;
            _disconnects++;
            _evictions += problem is SubscriberEvictedException ? 1 : 0;
            long now = Environment.TickCount64;
            // What goes wrong again as soon as it is connected is tried, and told, less and less often.
            _delay = now - _connectedAt > LongestDelay.TotalMilliseconds ? FirstDelay : _delay;
            isNew = problem.GetType() != _toldLoss || now - _toldAt >= Log.QuietMilliseconds;
            if (isNew)
            {
                (_toldLoss, _toldAt) = (problem.GetType(), now);
            }
            _isQuiet = !isNew;
        }
        if (isNew && problem is SubscriberEvictedException eviction)
        {
            Log.Evicted(_logger, Name, Topic, eviction.Position);
        }
        else if (isNew && problem is not TopicLostException)
        {
            Log.Disconnected(_logger, Name, Topic, problem);
        }
        _ = ConnectLaterAsync();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
            Close();
            if (_next.TrySetException(new ObjectDisposedException(typeof(TEndpoint).Name)))
            {
                // Nobody need have waited.
                _ = _next.Task.Exception;
            }
        }
        _disposal.Cancel();
        _disposal.Dispose();
    }

    private static TaskCompletionSource<TEndpoint> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Close()
    {
        _endpoint?.Dispose();
        _endpoint = null;
        _topic?.Dispose();
        _topic = null;
    }

    private async Task ConnectLaterAsync()
    {
        CancellationToken disposal;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
            disposal = _disposal.Token;
        }
        do
        {
            await Task.Delay(_delay, disposal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _delay = _delay * 2 < LongestDelay ? _delay * 2 : LongestDelay;
        }
        while (!disposal.IsCancellationRequested && !TryConnect());
    }

    /// <summary>False when it cannot be connected now.</summary>
    private bool TryConnect()
    {
        Topic? topic = null;
        TEndpoint? endpoint = null;
        try
        {
            topic = _bus.OpenTopic(Topic);
            endpoint = _create(topic);
        }
        catch (Exception exception)
        {
            topic?.Dispose();
            Tell(exception);
            return false;
        }
        lock (_lock)
        {
            if (_isDisposed)
            {
                endpoint.Dispose();
                topic.Dispose();
                return true;
            }
            (_endpoint, _topic, _problem) = (endpoint, topic, null);
            _connectedAt = Environment.TickCount64;
            _next.SetResult(endpoint);
        }
        if (!_isQuiet)
        {
            Log.Connected(_logger, Name, Topic, topic.Path ?? "in process");
        }
        Endpoint raw = _rawOf(endpoint);
        raw.NameLost += (_, _) => _ = MoveAsync(endpoint);
        if (raw.CheckName() is RegionName.Removed or RegionName.Replaced)
        {
            // Before anybody listened.
            _ = MoveAsync(endpoint);
        }
        return true;
    }

    /// <summary>
    /// The name leads elsewhere: whoever opens the topic from now on meets another one. A publisher moves there at once, a subscriber when all is read
    /// and nobody publishes any more where it is.
    /// </summary>
    private async Task MoveAsync(TEndpoint endpoint)
    {
        TopicLostException problem = new(Topic);
        lock (_lock)
        {
            if (_endpoint != endpoint)
            {
                return;
            }
            _problem = problem;
        }
        Log.NameLost(_logger, Name, Topic);
        while (Role == EndpointRole.Subscriber && IsStillFed(endpoint))
        {
            await Task.Delay(LookInterval).ConfigureAwait(false);
        }
        Renew(endpoint, problem);
    }

    private bool IsStillFed(TEndpoint endpoint)
    {
        lock (_lock)
        {
            return _endpoint == endpoint && _topic!.Inspect() is TopicSnapshot now
                && (now.PendingBytes > 0 || now.Endpoints.Any(static other => other.IsAlive && other.Role == EndpointRole.Publisher));
        }
    }

    /// <summary>Logs what is new about it.</summary>
    private void Tell(Exception exception)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = !_isDisposed && (_problem?.GetType() != exception.GetType() || _problem.Message != exception.Message);
            _problem = exception;
        }
        if (isNew)
        {
            Log.CannotConnect(_logger, Name, Topic, exception);
        }
    }
}
