using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ShmBus.Hosting.Diagnostics;
using ShmBus.Rings;
using ShmBus.Serialization;

namespace ShmBus.Hosting.Connections;

/// <summary>
/// The reading end of a channel, whatever becomes of the endpoint below. The end of an endpoint is that of the channel where writers completed it; else the next
/// endpoint follows, or the host stops.
/// </summary>
internal sealed class HostedChannelReader<T> : ChannelReader<T>, ILeaving, IDisposable
{
    private readonly string _topic;
    private readonly BusServices _services;
    private readonly Connection<TopicChannelReader<T>> _connection;
    private readonly TopicChannelOptions _options;
    private readonly LossLog _losses;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _onStopping;
    private readonly Lock _lock = new();
    // The first is read: to its end, also where the connection has closed it, since something may stand in its local channel. So may in those between it and the last.
    private readonly Queue<TopicChannelReader<T>> _readers = [];

    internal HostedChannelReader(string topic, IMessageSerializer<T> serializer, TopicChannelOptions options, BusServices services)
    {
        _topic = topic;
        _services = services;
        _options = options;
        _losses = new LossLog(topic, topic, services);
        _connection = services.Connect(topic, topic, EndpointRole.Subscriber, on => Create(on, serializer), static reader => reader.Raw);
        _onStopping = services.Stopping.UnsafeRegister(static self => ((HostedChannelReader<T>)self!).Stop(), this);
    }

    public override Task Completion => _completion.Task;

    public void Start() => _connection.Start();

    public override bool TryRead([MaybeNullWhen(false)] out T item)
    {
        _connection.Start();
        TopicChannelReader<T>? reader = Find();
        if (_services.Stopping.IsCancellationRequested && _options.LocalCapacity == 0)
        {
            // It was called again: what was read is done with.
            reader?.Acknowledge();
        }
        else if (reader is not null && reader.TryRead(out item))
        {
            _services.Metrics.Consumed(_topic, _topic, MessagingOperation.Receive);
            return true;
        }
        item = default;
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        CancellationToken stopping = _services.Stopping;
        using CancellationTokenSource? both = cancellationToken.CanBeCanceled && stopping.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping) : null;
        CancellationToken ending = both?.Token ?? (stopping.CanBeCanceled ? stopping : cancellationToken);
        while (!_completion.Task.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TopicChannelReader<T>? reader = Find();
            try
            {
                if (reader is null)
                {
                    TopicChannelReader<T> next = await _connection.GetAsync(ending).ConfigureAwait(false);
                    reader = Find();
                    if (reader is null)
                    {
                        // It was over before the connection had it.
                        End(next);
                        continue;
                    }
                }
                // What stands in a local channel is read to its end.
                if (await reader.WaitToReadAsync(_options.LocalCapacity == 0 ? ending : cancellationToken).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (stopping.IsCancellationRequested ? reader is null || _options.LocalCapacity == 0 : reader is null && _connection.IsClosed)
                {
                    _completion.TrySetCanceled(CancellationToken.None);
                }
            }
        }
        if (_services.Stopping.IsCancellationRequested)
        {
            Find()?.Acknowledge();
        }
        await _completion.Task.ConfigureAwait(false);
        return false;
    }

    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        TopicChannelReader<T>? reader = Find();
        if (_options.LocalCapacity > 0 && reader is not null)
        {
            Log.LocalChannelLost(_services.Logger, _topic, _topic);
        }
        else if (!cancellationToken.IsCancellationRequested)
        {
            reader?.Acknowledge();
        }
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _onStopping.Dispose();
        _connection.Dispose();
        _completion.TrySetCanceled(CancellationToken.None);
    }

    private TopicChannelReader<T> Create(Topic topic, IMessageSerializer<T> serializer)
    {
        TopicChannelReader<T> reader = topic.CreateChannelReader(serializer, _options);
        reader.Raw.Lost += (_, loss) => _losses.Add(loss);
        lock (_lock)
        {
            _readers.Enqueue(reader);
        }
        _ = WatchAsync(reader);
        return reader;
    }

    /// <summary>The one to read, or null.</summary>
    private TopicChannelReader<T>? Find()
    {
        while (true)
        {
            TopicChannelReader<T>? reader;
            lock (_lock)
            {
                if (!_readers.TryPeek(out reader) || !reader.Completion.IsCompleted)
                {
                    return reader;
                }
                _readers.Dequeue();
            }
            End(reader);
        }
    }

    private async Task WatchAsync(TopicChannelReader<T> reader)
    {
        await reader.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        End(reader);
    }

    /// <summary>What the end of an endpoint means.</summary>
    private void End(TopicChannelReader<T> reader)
    {
        switch (reader.Completion.Exception?.InnerException)
        {
            case null:
                _completion.TrySetResult();
                _connection.Dispose();
                break;
            case Exception lost when lost is ObjectDisposedException or RingCorruptException or RecordKindException or SubscriberEvictedException:
                if (_connection.IsClosed)
                {
                    _completion.TrySetCanceled(CancellationToken.None);
                }
                else
                {
                    _connection.Renew(reader, lost);
                }
                break;
            case Exception error:
                if (_completion.TrySetException(error))
                {
                    // Whoever waits to read is told as well.
                    _ = _completion.Task.Exception;
                }
                _connection.Dispose();
                break;
        }
    }

    /// <summary>Nothing more is taken from the topic.</summary>
    private void Stop()
    {
        if (_options.LocalCapacity > 0)
        {
            _connection.Dispose();
            if (Find() is null)
            {
                _completion.TrySetCanceled(CancellationToken.None);
            }
        }
        else
        {
            _completion.TrySetCanceled(CancellationToken.None);
        }
    }
}
