using System.Diagnostics;
using Microsoft.Extensions.Logging;
using ShmBus.Endpoints;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Hosting.Connections;

/// <summary>What keeps this host on a topic: it connects, and again when it was cut off. For whoever looks from outside.</summary>
internal abstract class Connection(string name, string topic, EndpointRole role)
{
    private long _blockedSince;

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
    // As a number, which others never see half written.
    internal DateTimeOffset? BlockedSince
    {
        get => Volatile.Read(ref _blockedSince) is long ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Volatile.Write(ref _blockedSince, value?.UtcTicks ?? 0);
    }

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
/// the next; also where each endpoint is lost as soon as it was made.
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
            if (_isDisposed)
            {
                throw NewDisposed();
            }
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
            long left = Close();
            if (left > 0)
            {
                Log.LeftBehind(_logger, Name, Topic, left);
            }
            _next = NewSource();
            _problem = problem;
            _disconnects++;
            _evictions += problem is SubscriberEvictedException ? 1 : 0;
            long now = Environment.TickCount64;
            // What goes wrong again as soon as it is connected is tried, and told, less and less often. Who was evicted joins at once.
            _delay = problem is SubscriberEvictedException || now - _connectedAt > LongestDelay.TotalMilliseconds ? FirstDelay : _delay;
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
            if (_next.TrySetException(NewDisposed()))
            {
                // Nobody need have waited.
                _ = _next.Task.Exception;
            }
        }
        _disposal.Cancel();
        _disposal.Dispose();
    }

    /// <summary>For whoever uses it after its end.</summary>
    internal ObjectDisposedException NewDisposed() => new($"The {Role.ToString().ToLowerInvariant()} of '{Topic}'", "The host has stopped, and has left its topics.");

    private static TaskCompletionSource<TEndpoint> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool HasLostName(Endpoint endpoint)
    {
        try
        {
            return endpoint.CheckName() is RegionName.Removed or RegionName.Replaced;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Who may not look, or no longer, cannot know.
            return false;
        }
    }

    /// <returns>The bytes that nobody reads any more.</returns>
    private long Close()
    {
        // Before it is disposed: what is disposed and still there, nobody but its user can have disposed.
        TEndpoint? endpoint = _endpoint;
        _endpoint = null;
        endpoint?.Dispose();
        long left = endpoint is not null && Role == EndpointRole.Publisher && _problem is TopicLostException ? CountLeftBehind() : 0;
        _topic?.Dispose();
        _topic = null;
        return left;
    }

    /// <summary>Nobody who comes later meets this topic: what no subscriber that is alive reads, nobody will.</summary>
    private long CountLeftBehind()
    {
        try
        {
            TopicSnapshot now = _topic!.Inspect();
            EndpointInfo[] subscribers = [.. now.Endpoints.Where(static other => other.Role == EndpointRole.Subscriber)];
            return !subscribers.Any(static other => other.IsAlive) ? now.PendingBytes
                : subscribers.Where(static other => !other.IsAlive).Select(static other => other.PendingBytes).DefaultIfEmpty().Max();
        }
        catch (IOException)
        {
            return 0;
        }
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
            TimeSpan delay = _delay;
            _delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            await Task.Delay(delay, disposal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!disposal.IsCancellationRequested && !TryConnect());
    }

    /// <summary>False when it cannot be connected now.</summary>
    private bool TryConnect()
    {
        Topic? topic = null;
        TEndpoint? endpoint = null;
        Endpoint raw;
        try
        {
            topic = _bus.OpenTopic(Topic);
            endpoint = _create(topic);
            raw = _rawOf(endpoint);
            // From here on, subscribers there see a publisher that is alive, and stay. Before, they may have left.
            if (Role == EndpointRole.Publisher && HasLostName(raw))
            {
                throw new TopicLostException(Topic);
            }
            raw.NameLost += (_, _) => _ = MoveAsync(endpoint);
        }
        catch (Exception exception)
        {
            endpoint?.Dispose();
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
            (_endpoint, _topic, _problem, _connectedAt) = (endpoint, topic, null, Environment.TickCount64);
            _next.SetResult(endpoint);
        }
        if (!_isQuiet)
        {
            Log.Connected(_logger, Name, Topic, topic.Path ?? "in process");
        }
        if (HasLostName(raw))
        {
            // Before there was something to move.
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
            if (_endpoint != endpoint || _problem is TopicLostException)
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
            if (_endpoint != endpoint)
            {
                return false;
            }
            try
            {
                TopicSnapshot now = _topic!.Inspect();
                // In a broadcast others may lag, or have a place there and never come back.
                long pending = _topic.Delivery == Delivery.Queue ? now.PendingBytes
                    : now.Endpoints.First(other => other.Role == EndpointRole.Subscriber && other.Slot == _rawOf(endpoint).Slot).PendingBytes;
                return pending > 0 || now.Endpoints.Any(static other => other.IsAlive && other.Role == EndpointRole.Publisher);
            }
            catch (IOException)
            {
                // No memory or descriptors for a look: the next one may succeed.
                return true;
            }
        }
    }

    /// <summary>Logs what is new about it.</summary>
    private void Tell(Exception exception)
    {
        bool isNew;
        lock (_lock)
        {
            // Who holds the place goes on counting its messages, in the text.
            isNew = !_isDisposed && (_problem?.GetType() != exception.GetType() || (exception is not EndpointInUseException && _problem.Message != exception.Message));
            _problem = exception;
        }
        if (isNew && exception is EndpointInUseException)
        {
            Log.WaitsForTurn(_logger, Name, Topic, exception.Message);
        }
        else if (isNew)
        {
            Log.CannotConnect(_logger, Name, Topic, exception);
        }
    }
}
