using System.Threading.Tasks.Sources;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.Async;

/// <summary>What an endpoint does when what it waits for without a thread is there, and how the awaiter learns of it.</summary>
internal abstract class AsyncOperation
{
    private CancellationTokenRegistration _registration;

    /// <summary>Ends the wait.</summary>
    internal CancellationToken CancellationToken { get; private set; }

    /// <summary>A thorough look whether what it waits for is there.</summary>
    internal abstract Finding Look();

    /// <summary>Does what it waited to do, keeps the result, and leaves the endpoint. False when it cannot be done after all.</summary>
    internal abstract bool TryEnd();

    /// <summary>Hands the result to the awaiter, whose code may run within.</summary>
    internal void Complete()
    {
        Forget();
        Succeed();
    }

    /// <summary>Hands an exception to the awaiter, whose code may run within.</summary>
    internal void Fail(Exception exception)
    {
        Forget();
        SetException(exception);
    }

    /// <summary>Begins to wait; a cancellation is to wake it.</summary>
    internal void Begin(CancellationTokenRegistration registration, CancellationToken cancellationToken)
    {
        CancellationToken = cancellationToken;
        _registration = registration;
    }

    /// <summary>Hands the result to the awaiter.</summary>
    private protected abstract void Succeed();

    private protected abstract void SetException(Exception exception);

    /// <summary>Lets go of what it was given: it may be kept for long before it is used again.</summary>
    private protected virtual void Forget()
    {
        // Not Dispose, which waits for a cancellation that is under way: such a one only wakes the next operation in vain.
        _registration.Unregister();
        _registration = default;
        CancellationToken = default;
    }
}

/// <summary>
/// An operation with a result. It is used again when the result was taken, so an endpoint needs one of each kind; one whose
/// awaiter is slow, or never comes, is left to it.
/// </summary>
internal abstract class AsyncOperation<T> : AsyncOperation, IValueTaskSource<T>, IValueTaskSource
{
    // It completes where the awaiter's code may run: continuations need not be moved elsewhere.
    private ManualResetValueTaskSourceCore<T> _core;
    private bool _isFree;

    /// <summary>What <see cref="AsyncOperation.TryEnd"/> brought.</summary>
    private protected T Result { private get; set; } = default!;

    /// <summary>Which use this is.</summary>
    internal short Version => _core.Version;

    /// <summary>Takes it to be used once more. False when the last result was not taken: then make another one.</summary>
    internal bool TryReuse()
    {
        bool isFree = Atomic.LoadAcquire(ref _isFree); // pairs with GetResult
        _isFree = false;
        return isFree;
    }

    public T GetResult(short token)
    {
        // Throws for a result that was taken before.
        bool isOver = GetStatus(token) != ValueTaskSourceStatus.Pending;
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            if (isOver)
            {
                _core.Reset();
                Atomic.StoreRelease(ref _isFree, true); // pairs with TryReuse
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private protected override void Succeed()
    {
        T result = Result;
        Result = default!;
        _core.SetResult(result);
    }

    private protected override void SetException(Exception exception) => _core.SetException(exception);
}
