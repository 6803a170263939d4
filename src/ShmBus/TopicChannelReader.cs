using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace ShmBus;

/// <summary>The reading end of a topic as a channel: see <see cref="Topic.CreateChannelReader{T}"/>.</summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// <para>Any number of threads may read at once; they take turns, and a message is deserialized within its turn. Nothing is allocated for a message but what the serializer
/// does, and for a wait that can be cancelled or that several share. While one waits, what comes is for the others only when the wait has ended, a moment later.</para>
/// <para>That a message is done with, the next call on the reader says, whichever thread makes it: so with several that read at once, one that this process dies with may not
/// come again. For the last one before the reader is disposed, call <see cref="Acknowledge"/>. With a local channel in front, a message is done with when it stands there.</para>
/// <para>The channel is complete when its writers have completed theirs (<see cref="TopicChannelOptions.Writers"/>), and all that they wrote was read; the topic is left then. A writer that was
/// killed or disposed completes nothing: its successor does. An error of a writer is a <see cref="RemoteWriterException"/>. What this side meets
/// (<see cref="Rings.RingCorruptException"/>, <see cref="PeerLostException"/>, <see cref="ObjectDisposedException"/>) completes the channel with it. So does a message that cannot be
/// deserialized, unless <see cref="TopicChannelOptions.OnSkipped"/> is there; it is not done with, so a successor gets it again.</para>
/// </remarks>
public sealed class TopicChannelReader<T> : ChannelReader<T>, IDisposable, IAsyncDisposable
{
    private readonly RingReader<T> _ring;
    private readonly Channel<T>? _local;

    internal TopicChannelReader(Subscriber<T> subscriber, TopicChannelOptions options)
    {
        Raw = subscriber.Raw;
        _ring = new RingReader<T>(subscriber, options.ForRing);
        if (options.LocalCapacity > 0)
        {
            _local = Channel.CreateBounded<T>(new BoundedChannelOptions(options.LocalCapacity) { SingleWriter = true });
            _ = PumpAsync(_local, options.LocalCapacity);
        }
    }

    /// <summary>The endpoint below: for its properties and events only, since it is the channel that reads.</summary>
    public Subscriber Raw { get; }

    /// <inheritdoc/>
    public override Task Completion => _local is null ? _ring.Completion : _local.Reader.Completion;

    /// <inheritdoc/>
    public override bool TryRead([MaybeNullWhen(false)] out T item) => _local is null ? _ring.TryRead(out item) : _local.Reader.TryRead(out item);

    /// <summary>Waits until there may be a message, without a thread.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// True when it is worth a try: what is there may be the end, which the next <see cref="TryRead"/> finds, or another thread's by then. False when the channel is
    /// complete; its error is thrown.
    /// </returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        _local is null ? _ring.WaitAsync(cancellationToken) : _local.Reader.WaitToReadAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<T> ReadAsync(CancellationToken cancellationToken = default) =>
        _local is null ? _ring.ReadAsync(cancellationToken) : _local.Reader.ReadAsync(cancellationToken);

    /// <summary>All that was read is done with: none of it will be delivered again. Does not block.</summary>
    public void Acknowledge()
    {
        if (_local is null)
        {
            _ring.Acknowledge();
        }
    }

    /// <summary>
    /// Leaves the topic. What waits ends with <see cref="ObjectDisposedException"/>. The message that was read last is not done with, unless <see cref="Acknowledge"/> said so. What
    /// stands in the local channel can still be read.
    /// </summary>
    public void Dispose()
    {
        ObjectDisposedException disposed = new(typeof(TopicChannelReader<T>).FullName);
        _local?.Writer.TryComplete(disposed);
        _ring.End(disposed);
    }

    /// <summary>The same; waits until the topic was left.</summary>
    /// <returns>Completes when the topic was left.</returns>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _ring.Left.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PumpAsync(Channel<T> local, int capacity)
    {
        try
        {
            while (await _ring.WaitAsync(CancellationToken.None).ConfigureAwait(false) && await local.Writer.WaitToWriteAsync().ConfigureAwait(false))
            {
                // Nobody else writes, so there is room as long as it is not full.
                while (local.Reader.Count < capacity && TryMove(local.Writer))
                {
                }
            }
            local.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            local.Writer.TryComplete(exception);
        }
    }

    /// <summary>Takes a message over. By that it is done with in the topic.</summary>
    private bool TryMove(ChannelWriter<T> local)
    {
        // In one turn: nobody who disposes comes between. What is refused, since one was before, a successor gets.
        lock (_ring.Lock)
        {
            if (_ring.TryRead(out T? item) && local.TryWrite(item))
            {
                _ring.Acknowledge();
                return true;
            }
            return false;
        }
    }
}
