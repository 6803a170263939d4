using System.Runtime.CompilerServices;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>The writing end of a channel straight over the ring.</summary>
internal sealed class RingWriter<T>(Publisher<T> publisher, TopicChannelOptions options) : ChannelEnd(publisher.Raw, options)
{
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _wait;
    private int _needed; // the longest message that was refused since the last wait

    /// <summary>Publishes a message, if there is room. What the serializer throws comes through.</summary>
    internal bool TryWrite(in T item)
    {
        Exception failure;
        lock (Lock)
        {
            if (!IsFree())
            {
                return false;
            }
            try
            {
                if (publisher.TryPublish(item))
                {
                    return true;
                }
                Clear();
                _needed = Math.Max(_needed, publisher.LengthToWaitFor(item));
                return false;
            }
            catch (Exception exception) when (exception is RingCorruptException || publisher.Raw.IsClosing)
            {
                failure = exception;
            }
        }
        Fail(failure);
        return false;
    }

    internal ValueTask WriteAsync(T item, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        try
        {
            return TryWrite(item) ? default : WriteLaterAsync(item, cancellationToken);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    /// <summary>Nothing more is written: an end mark follows as soon as there is room, and then the topic is left.</summary>
    internal bool TryComplete(Exception? error) => TryEnd(error, EndMark.Encode(error, publisher.Raw.MaxMessageLength));

    private protected override bool TryWait(Action onEnded)
    {
        ValueTask wait = publisher.Raw.WaitToPublishAsync(_needed);
        _needed = 0;
        if (wait.IsCompleted)
        {
            wait.GetAwaiter().GetResult();
            return true;
        }
        _wait = wait.ConfigureAwait(false).GetAwaiter();
        _wait.UnsafeOnCompleted(onEnded);
        return false;
    }

    private protected override void EndWait() => _wait.GetResult();

    private protected override void OnFree()
    {
        if (EndPayload is null)
        {
            Leave(null);
        }
        else
        {
            _ = PublishEndAsync(EndPayload);
        }
    }

    private async Task PublishEndAsync(byte[] payload)
    {
        try
        {
            await publisher.Raw.PublishAsync(payload, EndMark.Type).ConfigureAwait(false);
            Leave(null);
        }
        catch (Exception exception)
        {
            Leave(exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteLaterAsync(T item, CancellationToken cancellationToken)
    {
        do
        {
            await WaitOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!TryWrite(item));
    }
}
