using System.Threading.Channels;

namespace ShmBus;

/// <summary>The writing end of a topic as a channel: see <see cref="Topic.CreateChannelWriter{T}"/>.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// <para>Any number of threads may write at once; they take turns, and a message is serialized within its turn. Writes that are under way at once may overtake
/// each other. Nothing is allocated for a message but what the serializer does, and, while the ring is full, for a wait that can be cancelled or shares the ring with others.</para>
/// <para>A full ring is a full channel. While one waits for room, there is none for the others until the wait has ended.</para>
/// <para><see cref="ChannelWriter{T}.TryComplete"/> has the readers' channels complete, too, in whatever process: with the type's name and the text of the error, if there is one. An
/// end mark, which brings them that, is published behind the last message, by a task if there is no room yet; then the topic is left, and a successor can go on. Who disposes a
/// writer that was not completed only leaves: readers wait for the next one.</para>
/// <para>What this side meets (<see cref="Rings.RingCorruptException"/>, <see cref="PeerLostException"/>) completes the channel with it.</para>
/// </remarks>
public sealed class TopicChannelWriter<T> : ChannelWriter<T>, IDisposable, IAsyncDisposable
{
    private readonly RingWriter<T> _ring;
    private readonly Channel<T>? _local;
    private readonly Action<Exception>? _onSkipped;
    private readonly ObjectDisposedException _disposed = new(typeof(TopicChannelWriter<T>).FullName);

    internal TopicChannelWriter(Publisher<T> publisher, TopicChannelOptions options)
    {
        Raw = publisher.Raw;
        _ring = new RingWriter<T>(publisher, options.ForRing);
        _onSkipped = options.OnSkipped;
        if (options.LocalCapacity > 0)
        {
            _local = Channel.CreateBounded<T>(new BoundedChannelOptions(options.LocalCapacity) { SingleReader = true });
            Completion = PumpAsync(_local);
            // Whoever does not ask for it hears of errors from the channel.
            _ = Completion.ContinueWith(
                static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        else
        {
            Completion = _ring.Left;
        }
    }

    /// <summary>The endpoint below: for its properties and events only, since it is the channel that publishes.</summary>
    public Publisher Raw { get; }

    /// <summary>
    /// Completes when the topic was left: after <see cref="ChannelWriter{T}.TryComplete"/>, when all that was written is in the ring, and the end behind it. Fails with what
    /// kept it from that; for <see cref="Dispose"/> that is <see cref="ObjectDisposedException"/>.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Writes a message, if there is room now. Does not block.</summary>
    /// <param name="item">The message.</param>
    /// <returns>False when there is none, or the channel is complete: nothing was written.</returns>
    /// <exception cref="MessageTooLongException">Its bytes are more than the topic takes.</exception>
    /// <remarks>What the serializer throws comes through, and nothing was written. Behind a local channel both are as <see cref="TopicChannelOptions.OnSkipped"/> says.</remarks>
    public override bool TryWrite(T item) => _local is null ? _ring.TryWrite(item) : _local.Writer.TryWrite(item);

    /// <inheritdoc/>
    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) =>
        _local is null ? _ring.WaitAsync(cancellationToken) : _local.Writer.WaitToWriteAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default) =>
        _local is null ? _ring.WriteAsync(item, cancellationToken) : _local.Writer.WriteAsync(item, cancellationToken);

    /// <summary>Completes the channel, and those of its readers. Does not block.</summary>
    /// <param name="error">The error that readers are to hear of, by the name of its type and its text, of both up to 1,024 bytes; null for none.</param>
    /// <returns>False when it was complete already.</returns>
    public override bool TryComplete(Exception? error = null) => _local is null ? _ring.TryComplete(error) : _local.Writer.TryComplete(error);

    /// <summary>
    /// Leaves the topic at once. What waits ends with <see cref="ObjectDisposedException"/>; what stands in the local channel, and an end for which there was no room yet,
    /// is not published.
    /// </summary>
    public void Dispose()
    {
        if (_local is null)
        {
            _ring.End(_disposed);
        }
        else
        {
            _local.Writer.TryComplete(_disposed);
            _ring.Fail(_disposed);
        }
    }

    /// <summary>Leaves the topic when all that was written is in the ring, and the end, if the channel was completed. <see cref="Dispose"/> ends the wait for that.</summary>
    /// <returns>Completes when the topic was left.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_local is not null)
        {
            _local.Writer.TryComplete(_disposed);
        }
        else
        {
            _ring.TryLeave(_disposed);
        }
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PumpAsync(Channel<T> local)
    {
        try
        {
            while (await local.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (local.Reader.TryRead(out T? item))
                {
                    try
                    {
                        await _ring.WriteAsync(item, CancellationToken.None).ConfigureAwait(false);
                    }
                    catch (Exception exception) when (!_ring.IsOver)
                    {
                        Skip(local, exception);
                    }
                }
            }
            _ring.TryComplete(null);
        }
        catch (ChannelClosedException exception) when (_ring.IsOver)
        {
            local.Writer.TryComplete(exception.InnerException);
            while (local.Reader.TryRead(out _))
            {
                // So that it is complete.
            }
        }
        catch (Exception exception) when (ReferenceEquals(exception, _disposed))
        {
            _ring.TryLeave(_disposed);
        }
        catch (Exception exception)
        {
            local.Writer.TryComplete(exception);
            _ring.TryComplete(exception);
        }
        await _ring.Left.ConfigureAwait(false);
    }

    private void Skip(Channel<T> local, Exception exception)
    {
        try
        {
            if (_onSkipped is null)
            {
                local.Writer.TryComplete(exception);
            }
            else
            {
                _onSkipped(exception);
            }
        }
        catch (Exception thrown)
        {
            local.Writer.TryComplete(thrown);
        }
    }
}
