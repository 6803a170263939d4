using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Connections;

/// <summary>
/// The writing end of a channel, whatever becomes of the endpoint below: while there is none, it is as a full one. The local channel in front is its own, so
/// that nothing in it is lost with an endpoint.
/// </summary>
internal sealed class HostedChannelWriter<T> : ChannelWriter<T>, ILeaving, IDisposable
{
    private readonly string _topic;
    private readonly BusServices _services;
    private readonly Connection<TopicChannelWriter<T>> _connection;
    private readonly TopicChannelOptions _options;
    private readonly Channel<T>? _local;
    private readonly Task _pump = Task.CompletedTask;
    private readonly ObjectDisposedException _left = new(typeof(ChannelWriter<T>).Name);
    private readonly Lock _lock = new();
    private volatile Task? _end;
    private Exception? _error;

    internal HostedChannelWriter(string topic, IMessageSerializer<T> serializer, TopicChannelOptions options, BusServices services)
    {
        _topic = topic;
        _services = services;
        _options = options;
        _connection = services.Connect(
            topic, topic, EndpointRole.Publisher, on => Create(on, serializer, options with { LocalCapacity = 0 }), static writer => writer.Raw);
        if (options.LocalCapacity > 0)
        {
            _local = Channel.CreateBounded<T>(new BoundedChannelOptions(options.LocalCapacity) { SingleReader = true });
            // The activity in which it was made has nothing to do with the messages.
            using (ExecutionContext.SuppressFlow())
            {
                _pump = Task.Run(() => PumpAsync(_local));
            }
        }
    }

    public void Start() => _connection.Start();

    public override bool TryWrite(T item) => _local is null ? TryWriteToRing(item) : _local.Writer.TryWrite(item);

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) =>
        _local is null ? WaitForRingAsync(cancellationToken) : _local.Writer.WaitToWriteAsync(cancellationToken);

    public override bool TryComplete(Exception? error = null) => _local is null ? TryEnd(error) : _local.Writer.TryComplete(error);

    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _local?.Writer.TryComplete(_left);
        await _pump.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_end ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_pump.IsCompleted)
        {
            Log.LocalChannelLost(_services.Logger, _topic, _topic);
        }
        else if (_end is { IsCompleted: false })
        {
            Log.EndNotPublished(_services.Logger, _topic, _topic);
        }
        Dispose();
    }

    /// <summary>Leaves the topic at once.</summary>
    public void Dispose()
    {
        _local?.Writer.TryComplete(_left);
        _connection.Dispose();
    }

    private static TopicChannelWriter<T> Create(Topic topic, IMessageSerializer<T> serializer, TopicChannelOptions options)
    {
        TopicChannelWriter<T> writer = topic.CreateChannelWriter(serializer, options);
        writer.Raw.AddsTraceContext = true;
        return writer;
    }

    private bool TryWriteToRing(T item)
    {
        if (_end is not null)
        {
            return false;
        }
        _connection.Start();
        long start = _services.Metrics.ObservesSend ? Stopwatch.GetTimestamp() : 0;
        TopicChannelWriter<T>? writer = _connection.Current;
        if (writer is null || !writer.TryWrite(item))
        {
            RenewIfLost(writer);
            return false;
        }
        if (start != 0)
        {
            _services.Metrics.Sent(_topic, Stopwatch.GetElapsedTime(start), null);
        }
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitForRingAsync(CancellationToken cancellationToken)
    {
        while (_end is null)
        {
            TopicChannelWriter<T> writer = await _connection.GetAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (await writer.WaitToWriteAsync(cancellationToken).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (Exception) when (writer.Completion.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                // The next one is waited for, if this was not the end.
            }
            RenewIfLost(writer);
        }
        return _error is null ? false : throw _error;
    }

    /// <summary>An endpoint that is complete, and not because the channel is.</summary>
    private void RenewIfLost(TopicChannelWriter<T>? writer)
    {
        if (writer is { Completion.IsCompleted: true } && _end is null)
        {
            _connection.Renew(writer, writer.Completion.Exception?.InnerException ?? _left);
        }
    }

    private bool TryEnd(Exception? error)
    {
        lock (_lock)
        {
            if (_end is not null || _connection.IsClosed)
            {
                return false;
            }
            _error = error;
            _end = Task.Run(() => EndAsync(error));
            return true;
        }
    }

    /// <summary>Has the end published, in however many tries, and leaves the topic.</summary>
    private async Task EndAsync(Exception? error)
    {
        bool isPublished = false;
        while (!isPublished)
        {
            TopicChannelWriter<T> writer;
            try
            {
                writer = await _connection.GetAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            writer.TryComplete(error);
            await writer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isPublished = writer.Completion.IsCompletedSuccessfully;
            if (!isPublished)
            {
                _connection.Renew(writer, writer.Completion.Exception?.InnerException ?? _left);
            }
        }
        _connection.Dispose();
    }

    private async Task PumpAsync(Channel<T> local)
    {
        try
        {
            while (await local.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                // It is taken away when it is in the ring: what is left is what is lost.
                while (local.Reader.TryPeek(out T? item))
                {
                    if (TryMove(local, item))
                    {
                        local.Reader.TryRead(out _);
                    }
                    else if (!await WaitForRingAsync(CancellationToken.None).ConfigureAwait(false))
                    {
                        return;
                    }
                }
            }
            TryEnd(null);
        }
        catch (ObjectDisposedException exception) when (exception == _left || _connection.IsClosed)
        {
            // The host has stopped, and what stood here is in the ring, if there was time.
        }
        catch (Exception exception)
        {
            TryEnd(exception);
        }
    }

    /// <summary>False when there is no room. One that cannot be serialized is passed by, or the end.</summary>
    private bool TryMove(Channel<T> local, T item)
    {
        try
        {
            return TryWriteToRing(item);
        }
        catch (Exception exception)
        {
            Skip(local, exception);
            return true;
        }
    }

    private void Skip(Channel<T> local, Exception exception)
    {
        try
        {
            if (_options.OnSkipped is null)
            {
                local.Writer.TryComplete(exception);
            }
            else
            {
                _options.OnSkipped(exception);
            }
        }
        catch (Exception thrown)
        {
            local.Writer.TryComplete(thrown);
        }
    }
}
