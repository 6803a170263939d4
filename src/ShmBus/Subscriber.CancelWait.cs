using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

// A wait that another thread ends, so that this subscriber can be used for something else than to wait.
public sealed partial class Subscriber
{
    private int _cancelPending;

    /// <summary>
    /// Ends the <see cref="WaitToReadAsync"/> or <see cref="WaitToRead"/> that is under way, or, if none is, the next one: it returns false, also
    /// where there is a message, which the next call then finds. Called more than once before that, it still ends one. Does nothing on a subscriber that was disposed, and nothing to
    /// the other calls that wait (<see cref="Read"/>, <see cref="ReadAsync"/>). Any thread may call it at any time; it does not block and allocates nothing.
    /// </summary>
    public void CancelPendingWait()
    {
        Atomic.StoreRelease(ref _cancelPending, 1); // pairs with TryTakeCancel
        // It bumps the word on which the one that waits goes to sleep, if that has not seen the above.
        WakeSelf();
    }

    private bool IsCancelPending => Atomic.LoadAcquire(ref _cancelPending) != 0; // pairs with CancelPendingWait

    /// <summary>Whether the wait is to end, which then it does.</summary>
    // By an exchange: who says it again just now means this wait as well, so what he did before must be seen after it.
    private bool TryTakeCancel() => IsCancelPending && Atomic.CompareExchange(ref _cancelPending, 1, 0);

    private bool WaitOrCancel(TimeSpan timeout, CancellationToken cancellationToken)
    {
        RunDry();
        CancellableCondition condition = new(this, cancellationToken);
        bool isReady = _waiter.Wait(ref condition, timeout);
        _pace.Waited(condition.Glances);
        return !TryTakeCancel() && isReady;
    }

    /// <summary>Waiting for a message, or for <see cref="CancelPendingWait"/>.</summary>
    private struct CancellableCondition(Subscriber subscriber, CancellationToken cancellationToken) : IWaitCondition
    {
        private MessageCondition _message = new(subscriber, cancellationToken);

        internal readonly int Glances => _message.Glances;

        public readonly bool IsDisturbed => subscriber.IsCancelPending || _message.IsDisturbed;

        public bool Glance() => _message.Glance();

        public readonly Finding Look() => subscriber.IsCancelPending ? Finding.Ready : _message.Look();

        public readonly void ThrowIfEnded() => _message.ThrowIfEnded();

        public readonly CancellationTokenRegistration WakeWhenCancelled() => _message.WakeWhenCancelled();
    }
}
