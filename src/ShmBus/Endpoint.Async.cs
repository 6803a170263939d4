using ShmBus.Async;
using ShmBus.Waiting;

namespace ShmBus;

/// <remarks>
/// While an operation is awaited, the endpoint stays entered; the operation goes on on whatever thread is told that its word
/// changed, one at a time. A cancellation and <see cref="Dispose"/> only change the word, too: so one thread alone ends the operation,
/// leaves the endpoint and closes it, as in a call that blocks.
/// </remarks>
public abstract partial class Endpoint : IAsyncSleeper
{
    private AsyncSleep? _sleep;
    private AsyncOperation? _operation;

    /// <summary>Whether awaiters may be run on the thread that sleeps for this endpoint and others.</summary>
    internal bool AllowsSynchronousContinuations { get; set; }

    /// <summary>Leaves because of an error of the ring.</summary>
    private protected virtual void LeaveRingBy(Exception exception) => LeaveBy(exception);

    /// <summary>Goes on with an operation without this thread. The endpoint is entered, and was looked at in vain.</summary>
    private protected void GoOn(AsyncOperation operation, CancellationToken cancellationToken)
    {
        try
        {
            _sleep ??= _waiter.Join(WaiterThreads.Shared, this);
            _operation = operation;
            operation.Begin(WakeWhenCancelled(cancellationToken), cancellationToken);
        }
        catch (Exception exception)
        {
            LeaveBy(exception);
            throw;
        }
        GoOn(operation, wasWoken: false);
    }

    /// <summary>The steps of <see cref="Waiter"/>'s park, with a sleep that is no thread's.</summary>
    private void GoOn(AsyncOperation operation, bool wasWoken)
    {
        try
        {
            while (true)
            {
                if (wasWoken)
                {
                    _waiter.Withdraw();
                    ThrowIfEnded(operation.CancellationToken);
                    if (operation.Look() == Finding.Ready && operation.TryEnd())
                    {
                        break;
                    }
                }
                _waiter.Announce();
                ThrowIfEnded(operation.CancellationToken);
                Finding finding = operation.Look();
                if (finding == Finding.Ready)
                {
                    _waiter.GiveUp();
                    if (operation.TryEnd())
                    {
                        break;
                    }
                    wasWoken = false;
                }
                else if (_waiter.TrySleep(_sleep!, finding))
                {
                    // Another thread may be at it by now.
                    return;
                }
                else
                {
                    wasWoken = true;
                }
            }
        }
        catch (Exception exception)
        {
            if (_state == Inside)
            {
                _waiter.GiveUp();
            }
            LeaveRingBy(exception);
            operation.Fail(exception);
            return;
        }
        operation.Complete();
    }

    /// <summary>No operation is awaited any more.</summary>
    private void LeaveSleep() => _sleep?.Leave();

    bool IAsyncSleeper.WakesInline => AllowsSynchronousContinuations;

    void IThreadPoolWorkItem.Execute() => GoOn(_operation!, wasWoken: true);
}
