using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>
/// Sleeping on a word and waking the sleeper within a process, without the system's help: what a futex does, with monitors. A
/// few of them serve all words; who is woken for another's word sees that and sleeps on.
/// </summary>
/// <remarks>
/// No wake is lost: the sleeper looks at the word with the monitor in hand, and lets go of it only by sleeping; whoever wakes
/// bumps the word first and then takes the monitor. So either the sleeper sees the bump, or it sleeps when it is woken.
/// </remarks>
internal sealed unsafe class MonitorSignals : Signals, IAsyncWaits
{
    private const int Bits = 6;
    private const int Millisecond = 1_000_000;

    /// <summary>Each with those who sleep there without a thread; the list is the monitor.</summary>
    private static readonly List<MonitorPlace>[] Monitors = [.. Enumerable.Range(0, 1 << Bits).Select(static _ => new List<MonitorPlace>())];

    /// <inheritdoc/>
    internal override bool BarrierBeforeSleeping()
    {
        Atomic.ProcessWideFence(); // pairs with Barrier.BeforeLookingForSleepers: every waker is a thread of this process
        return true;
    }

    /// <inheritdoc/>
    internal override void Sleep(uint* word, uint expected, long deadline)
    {
        List<MonitorPlace> monitor = MonitorOf(word);
        lock (monitor)
        {
            while (Atomic.LoadAcquire(word) == expected) // pairs with Waker and Parking.WakeSelf: the word, then the monitor
            {
                long left = deadline < 0 ? long.MaxValue : deadline - Clock.Nanoseconds;
                if (left <= 0)
                {
                    return;
                }
                // Rounded up: to wake before the deadline would be to spin until it.
                long milliseconds = deadline < 0 ? Timeout.Infinite : Math.Min(int.MaxValue, (left + Millisecond - 1) / Millisecond);
                Monitor.Wait(monitor, (int)milliseconds);
            }
        }
    }

    /// <inheritdoc/>
    internal override void Wake(uint* word)
    {
        List<MonitorPlace> monitor = MonitorOf(word);
        lock (monitor)
        {
            Monitor.PulseAll(monitor);
            monitor.RemoveAll(static place => place.TryWake());
        }
    }

    public AsyncSleep Join(uint* word, IAsyncSleeper sleeper)
    {
        return new MonitorPlace(MonitorOf(word), word, sleeper);
    }

    // Words lie at like places in their regions: a multiplication makes the upper bits depend on all.
    private static List<MonitorPlace> MonitorOf(uint* word) => Monitors[(int)((ulong)word * 0x9E37_79B9_7F4A_7C15 >> (64 - Bits))];
}
