using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ShmBus;

/// <summary>The reading end of a channel straight over the ring.</summary>
internal sealed class RingReader<T>(Subscriber<T> subscriber, TopicChannelOptions options) : ChannelEnd(subscriber.Raw, options)
{
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _wait;
    private RemoteWriterException? _error;
    private int _ends;

    private enum Found
    {
        Nothing,
        Message,
        BadMessage,
        End,
        Failure,
    }

    internal bool TryRead([MaybeNullWhen(false)] out T item)
    {
        while (true)
        {
            switch (Look(out item, out Exception? exception))
            {
                case Found.Message:
                    return true;
                case Found.BadMessage when TrySkip(exception!):
                    continue;
                case Found.End:
                    TryEnd(exception);
                    break;
                case Found.Failure:
                    Fail(exception!);
                    break;
            }
            return false;
        }
    }

    internal ValueTask<T> ReadAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<T>(cancellationToken)
        : TryRead(out T? item) ? new ValueTask<T>(item)
        : ReadLaterAsync(cancellationToken);

    /// <summary>What was read so far is done with.</summary>
    internal void Acknowledge()
    {
        lock (Lock)
        {
            if (IsFree())
            {
                subscriber.Raw.Complete();
            }
        }
    }

    private protected override bool TryWait(Action onEnded)
    {
        ValueTask<bool> wait = subscriber.Raw.WaitForMessageAsync(CancellationToken.None);
        if (wait.IsCompleted)
        {
            return wait.Result;
        }
        _wait = wait.ConfigureAwait(false).GetAwaiter();
        _wait.UnsafeOnCompleted(onEnded);
        return false;
    }

    private protected override void EndWait() => _wait.GetResult();

    private Found Look(out T item, out Exception? exception)
    {
        item = default!;
        exception = null;
        lock (Lock)
        {
            if (!IsFree())
            {
                return Found.Nothing;
            }
            bool isRead = false;
            try
            {
                while (subscriber.Raw.TryRead(out Message message))
                {
                    if (message.Type != EndMark.Type)
                    {
                        isRead = true;
                        subscriber.Deserialize(message, out item);
                        return Found.Message;
                    }
                    RemoteWriterException? error = EndMark.Decode(message.Payload);
                    _error ??= error;
                    // A successor does not begin with the end of what this one has read.
                    subscriber.Raw.Complete();
                    if (++_ends == Options.Writers)
                    {
                        exception = _error;
                        return Found.End;
                    }
                }
                Clear();
                return Found.Nothing;
            }
            catch (Exception caught)
            {
                exception = caught;
                return isRead ? Found.BadMessage : Found.Failure;
            }
        }
    }

    /// <summary>Tells of a message that could not be deserialized, or fails because of it.</summary>
    private bool TrySkip(Exception exception)
    {
        if (Options.OnSkipped is null)
        {
            Fail(exception);
            return false;
        }
        try
        {
            Options.OnSkipped(exception);
            return true;
        }
        catch (Exception thrown)
        {
            Fail(thrown);
            return false;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> ReadLaterAsync(CancellationToken cancellationToken)
    {
        T? item;
        do
        {
            await WaitOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!TryRead(out item));
        return item;
    }
}
