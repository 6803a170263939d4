using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>An endpoint's place to sleep without a thread, where monitors wake: whoever wakes has it executed. All of it belongs to its monitor.</summary>
/// <remarks>The monitor knows it only while somebody sleeps there: it would keep an endpoint that everybody else has forgotten.</remarks>
internal sealed unsafe class MonitorPlace(List<MonitorPlace> monitor, uint* word, IAsyncSleeper sleeper) : AsyncSleep
{
    private uint _expected;

    internal override RefusedOption? Refused => null;

    /// <remarks>No deadline is kept: within a process whoever wakes misses nobody, and nobody dies unnoticed.</remarks>
    internal override bool TrySleep(uint expected, long deadline)
    {
        lock (monitor)
        {
            if (Atomic.LoadAcquire(word) != expected) // pairs with Waker and Parking.WakeSelf: the word, then the monitor
            {
                return false;
            }
            _expected = expected;
            monitor.Add(this);
            return true;
        }
    }

    internal override void Leave()
    {
        // The last wake took it out.
    }

    /// <summary>
    /// Wakes the sleeper if its word changed: then it sleeps here no more. Never on the waker's thread, which is in the middle of a call.
    /// </summary>
    internal bool TryWake()
    {
        if (Atomic.LoadAcquire(word) == _expected)
        {
            return false;
        }
        ThreadPool.UnsafeQueueUserWorkItem(sleeper, preferLocal: false);
        return true;
    }
}
