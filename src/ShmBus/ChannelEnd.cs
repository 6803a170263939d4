using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ShmBus;

/// <summary>
/// One end of a channel straight over the ring. The endpoint belongs to one thread at a time, and while it waits to nobody: callers take turns by a lock, one
/// wait of the endpoint is under way at most, and all who wait share it.
/// </summary>
/// <remarks>
/// They wait on a channel with room for one token, which says that the endpoint's wait has come to its end; it knows all about cancelling, completing and
/// errors. The token is taken away by whoever finds that there is nothing after all, always before the next wait begins. Who waits for it has begun a wait, or
/// met one, under the same lock: so none waits in vain. Continuations may run where the token is given and where the channel is completed: never under the lock.
/// </remarks>
internal abstract class ChannelEnd
{
    private readonly Channel<bool> _signal;
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _onWaitEnded;
    private bool _isWaiting;
    private Exception? _failure;

    private protected ChannelEnd(Endpoint endpoint, TopicChannelOptions options)
    {
        Endpoint = endpoint;
        Options = options;
        // The way of the awaiters to the thread pool is the signal's: one is enough.
        endpoint.AllowsSynchronousContinuations = true;
        _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { AllowSynchronousContinuations = options.AllowSynchronousContinuations });
        _onWaitEnded = OnWaitEnded;
    }

    /// <summary>Completes when nothing more comes, as the channel's own would.</summary>
    internal Task Completion => _signal.Reader.Completion;

    /// <summary>Completes when the topic was left; with the error of this side, if one was the reason.</summary>
    internal Task Left => _left.Task;

    /// <summary>Whose turn it is.</summary>
    internal Lock Lock { get; } = new();

    /// <summary>Nothing more is written or read. Changes under the lock.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>That of the end mark, if one is to be published.</summary>
    private protected byte[]? EndPayload { get; private set; }

    private protected TopicChannelOptions Options { get; }

    private Endpoint Endpoint { get; }

    /// <summary>Waits until it may be worth a try; false when there will be nothing.</summary>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        Exception? failure = null;
        if (!cancellationToken.IsCancellationRequested)
        {
            lock (Lock)
            {
                if (!IsOver && !_isWaiting)
                {
                    Clear();
                    try
                    {
                        _isWaiting = true;
                        if (TryWait(_onWaitEnded))
                        {
                            _isWaiting = false;
                            return new ValueTask<bool>(true);
                        }
                    }
                    catch (Exception exception)
                    {
                        _isWaiting = false;
                        failure = exception;
                    }
                }
                if (failure is null)
                {
                    return _signal.Reader.WaitToReadAsync(cancellationToken);
                }
            }
            Fail(failure);
        }
        return _signal.Reader.WaitToReadAsync(cancellationToken);
    }

    /// <summary>Nothing more is written or read; then the topic is left. False when that was so before.</summary>
    /// <param name="error">What the channel is completed with.</param>
    /// <param name="endMark">What is published before the topic is left.</param>
    private protected bool TryEnd(Exception? error, byte[]? endMark = null)
    {
        bool isWaiting;
        lock (Lock)
        {
            if (IsOver)
            {
                return false;
            }
            IsOver = true;
            EndPayload = endMark;
            isWaiting = _isWaiting;
        }
        _signal.Writer.TryComplete(error);
        // Behind it no token comes any more; one that is left would keep the channel from being complete.
        Clear();
        if (!isWaiting)
        {
            OnFree();
        }
        return true;
    }

    /// <summary>Leaves the topic, unless that is under way.</summary>
    internal void TryLeave(Exception error)
    {
        if (TryEnd(error))
        {
            Endpoint.Dispose();
        }
    }

    /// <summary>Ends because of an error of this side.</summary>
    internal void Fail(Exception failure)
    {
        _failure ??= failure;
        End(failure);
    }

    /// <summary>Leaves the topic at once, also where an end mark waits for room. Waits end with the error.</summary>
    internal void End(Exception error)
    {
        _ = TryEnd(error);
        // What is awaited is ended by it, and then the topic is left.
        Endpoint.TakeHand();
        Endpoint.Dispose();
    }

    /// <summary>Waits until it may be worth a try, as an operation that cannot be done without.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private protected async ValueTask WaitOrThrowAsync(CancellationToken cancellationToken)
    {
        bool isOpen;
        try
        {
            isOpen = await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new ChannelClosedException(exception);
        }
        if (!isOpen)
        {
            throw new ChannelClosedException();
        }
    }

    /// <summary>Whether the endpoint can be used now. For the thread that has the lock.</summary>
    private protected bool IsFree()
    {
        if (!IsOver && !_isWaiting)
        {
            return true;
        }
        // While the endpoint waits, a token is that of a wait before.
        Clear();
        return false;
    }

    /// <summary>There is nothing.</summary>
    private protected void Clear() => _signal.Reader.TryRead(out _);

    /// <summary>Begins to wait; true when there is no need to.</summary>
    private protected abstract bool TryWait(Action onEnded);

    /// <summary>The wait is over. Throws what it ended with.</summary>
    private protected abstract void EndWait();

    /// <summary>All is over, and nobody uses the endpoint.</summary>
    private protected virtual void OnFree() => Leave(null);

    private protected void Leave(Exception? failure)
    {
        Endpoint.TakeHand();
        Endpoint.Dispose();
        if ((failure ?? _failure) is not Exception reason)
        {
            _left.TrySetResult();
        }
        else if (_left.TrySetException(reason))
        {
            // It is told by the channel, too: whoever does not ask here misses nothing.
            _ = _left.Task.Exception;
        }
    }

    private void OnWaitEnded()
    {
        Exception? failure = null;
        bool isOver;
        lock (Lock)
        {
            try
            {
                EndWait();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
            _isWaiting = false;
            isOver = IsOver;
        }
        if (isOver)
        {
            OnFree();
        }
        else if (failure is not null)
        {
            Fail(failure);
        }
        else
        {
            _signal.Writer.TryWrite(true);
        }
    }
}
