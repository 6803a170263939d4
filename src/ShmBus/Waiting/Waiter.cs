using System.Runtime.CompilerServices;

namespace ShmBus.Waiting;

/// <summary>What a thorough look found.</summary>
internal enum Finding
{
    /// <summary>What is waited for is there.</summary>
    Ready,

    /// <summary>Nothing is there, and nobody holds it up.</summary>
    Idle,

    /// <summary>A peer has it in hand: a claim is open, or a subscriber holds back room.</summary>
    HeldUp,
}

/// <summary>What a wait is for. Implemented by a struct, so that the loop is made for each.</summary>
internal interface IWaitCondition
{
    /// <summary>A cheap look that touches no more than one shared cache line.</summary>
    bool Glance();

    /// <summary>A thorough look, which also finds who died.</summary>
    Finding Look();

    /// <summary>Whether somebody asked for a thorough look, or for an end.</summary>
    bool IsDisturbed { get; }

    /// <summary>Throws when the wait must end: cancelled or disposed.</summary>
    void ThrowIfEnded();

    /// <summary>Makes a cancellation wake the sleeper, until disposed.</summary>
    CancellationTokenRegistration WakeWhenCancelled();
}

/// <summary>The loop of every blocking wait: spin, yield, park, as the strategy says.</summary>
internal partial struct Waiter
{
    /// <summary>About half a microsecond: while messages go back and forth, no wait is longer, and reading the clock would be half of it.</summary>
    private const int GlancesBeforeClock = 500;

    private const int YieldsBeforePark = 8;
    private const long Millisecond = 1_000_000;

    private bool _isWatched;
    private long _lookEvery;
    private SpinBudget _budget;
    private Parking _parking;

    /// <param name="strategy">How to wait.</param>
    /// <param name="parking">Where to sleep.</param>
    /// <param name="isWatched">Whether the death watch wakes this endpoint; where it cannot, sleeps are bounded.</param>
    internal Waiter(WaitStrategy strategy, in Parking parking, bool isWatched)
    {
        _budget = new SpinBudget(strategy);
        _parking = parking;
        _isWatched = isWatched;
        _lookEvery = (isWatched ? 1000 : 10) * Millisecond;
    }

    /// <summary>From now on nobody tells when a peer died.</summary>
    internal void IsUnwatched()
    {
        _isWatched = false;
        _lookEvery = 10 * Millisecond;
    }

    /// <summary>Waits until the condition holds. False when the time ran out first.</summary>
    /// <param name="condition">What to wait for.</param>
    /// <param name="timeout">How long at most; negative for without end.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Wait<T>(ref T condition, TimeSpan timeout) where T : struct, IWaitCondition, allows ref struct =>
        WaitBriefly(ref condition) || WaitLonger(ref condition, timeout);

    /// <summary>Only glances for about half a microsecond. False when the condition does not hold by then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool WaitBriefly<T>(ref T condition) where T : struct, IWaitCondition, allows ref struct
    {
        if (Glances(ref condition, _budget.Nanoseconds == 0 ? 1 : GlancesBeforeClock) && condition.Look() == Finding.Ready)
        {
            _parking.StayAwake();
            return true;
        }
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool WaitLonger<T>(ref T condition, TimeSpan timeout) where T : struct, IWaitCondition, allows ref struct
    {
        long start = Clock.Nanoseconds;
        bool isEndless = timeout < TimeSpan.Zero || timeout.Ticks > (long.MaxValue - start) / TimeSpan.NanosecondsPerTick;
        long deadline = isEndless ? long.MaxValue : start + timeout.Ticks * TimeSpan.NanosecondsPerTick;
        bool isReady = Spin(ref condition, start, deadline);
        if (isReady)
        {
            _parking.StayAwake();
        }
        else
        {
            isReady = Park(ref condition, deadline);
        }
        _budget.Learn(Clock.Nanoseconds - start);
        return isReady;
    }

    private readonly bool Spin<T>(ref T condition, long start, long deadline) where T : struct, IWaitCondition, allows ref struct
    {
        long end = _budget.Nanoseconds > deadline - start ? deadline : start + _budget.Nanoseconds;
        long lastLook = start;
        for (long now = start; now < end; now = Clock.Nanoseconds)
        {
            condition.ThrowIfEnded();
            if (Glances(ref condition, GlancesBeforeClock) || condition.IsDisturbed || now - lastLook > _lookEvery)
            {
                if (condition.Look() == Finding.Ready)
                {
                    return true;
                }
                lastLook = now;
            }
        }
        for (int i = 0; _budget.Yields && i < YieldsBeforePark; i++)
        {
            if (condition.Glance() && condition.Look() == Finding.Ready)
            {
                return true;
            }
            Thread.Yield();
        }
        return false;
    }

    private bool Park<T>(ref T condition, long deadline) where T : struct, IWaitCondition, allows ref struct
    {
        _budget.BeforePark();
        using CancellationTokenRegistration registration = condition.WakeWhenCancelled();
        bool wasWoken = false;
        try
        {
            do
            {
                condition.ThrowIfEnded();
                _parking.Announce();
                try
                {
                    condition.ThrowIfEnded();
                    Finding finding = condition.Look();
                    long now = Clock.Nanoseconds;
                    if (finding == Finding.Ready)
                    {
                        return true;
                    }
                    if (now >= deadline)
                    {
                        return false;
                    }
                    _parking.Sleep(now, Math.Min(deadline, Bound(now, finding)));
                }
                finally
                {
                    _parking.Withdraw();
                }
            }
            while (condition.Look() != Finding.Ready);
            return wasWoken = true;
        }
        finally
        {
            // One sleep probably follows another: the next is cheaper if this one stays announced.
            if (!wasWoken)
            {
                _parking.StayAwake();
            }
        }
    }

    /// <summary>Until when to sleep: unwatched, nobody tells that a peer died, so look now and then, sooner where a peer has it in hand.</summary>
    private readonly long Bound(long now, Finding finding) =>
        _isWatched ? long.MaxValue : now + (finding == Finding.HeldUp ? 10 : 1000) * Millisecond;

    /// <summary>Glances a number of times. Without a pause between: a pause costs as much as half a round trip.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Glances<T>(ref T condition, int times) where T : struct, IWaitCondition, allows ref struct
    {
        for (int i = 0; i < times; i++)
        {
            if (condition.Glance())
            {
                return true;
            }
        }
        return false;
    }

    /// <inheritdoc cref="Parking.StayAwake"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void StayAwake() => _parking.StayAwake();

    /// <summary>Wakes this endpoint itself, from another thread of its own process.</summary>
    internal readonly void WakeSelf() => _parking.WakeSelf();
}
