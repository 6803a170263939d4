namespace ShmBus.Waiting;

/// <summary>The steps of a wait without a thread. Who waits goes through them as <c>Park</c> does, and sleeps elsewhere.</summary>
internal partial struct Waiter
{
    /// <summary>A place to sleep without a thread, woken by what wakes this endpoint's threads.</summary>
    /// <param name="usual">Where to sleep unless the endpoint's signals have places of their own.</param>
    /// <param name="sleeper">Whom to wake.</param>
    internal readonly unsafe AsyncSleep Join(IAsyncWaits usual, IAsyncSleeper sleeper) =>
        (_parking.Signals as IAsyncWaits ?? usual).Join(_parking.Word, sleeper);

    /// <inheritdoc cref="Parking.Announce"/>
    internal void Announce()
    {
        _budget.BeforePark();
        _parking.Announce();
    }

    /// <summary>Sleeps after a look that was announced and in vain. See <see cref="AsyncSleep.TrySleep"/>: when true, all of this is another thread's.</summary>
    internal readonly bool TrySleep(AsyncSleep sleep, Finding finding)
    {
        long now = Clock.Nanoseconds;
        return sleep.TrySleep(_parking.Expected, _parking.Until(now, Bound(now, finding)));
    }

    /// <inheritdoc cref="Parking.Withdraw"/>
    internal void Withdraw() => _parking.Withdraw();

    /// <summary>The wait is over, in whatever step it is, and not by having been woken.</summary>
    internal void GiveUp()
    {
        if (_parking.IsAnnounced)
        {
            _parking.Withdraw();
        }
        _parking.StayAwake();
    }
}
