using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>An endpoint's place to sleep without a thread, where monitors wake: whoever wakes has it executed. All of it belongs to its monitor.</summary>
internal sealed unsafe class MonitorPlace(List<MonitorPlace> monitor, uint* word, IAsyncSleeper sleeper) : AsyncSleep
{
    private uint _expected;
    private bool _isTaken;

    internal override RefusedOption? Refused => null;

    /// <remarks>No deadline is kept: within a process whoever wakes misses nobody, and nobody dies unnoticed.</remarks>
    internal override bool TrySleep(uint expected, long deadline)
    {
        lock (monitor)
        {
            _expected = expected;
            return _isTaken = Atomic.LoadAcquire(word) == expected; // pairs with Waker and Parking.WakeSelf: the word, then the monitor
        }
    }

    internal override void Leave()
    {
        lock (monitor)
        {
            monitor.Remove(this);
        }
    }

    /// <summary>Wakes the sleeper, if there is one and its word changed. Never on the waker's thread, which is in the middle of a call.</summary>
    internal void Wake()
    {
        if (_isTaken && Atomic.LoadAcquire(word) != _expected)
        {
            _isTaken = false;
            ThreadPool.UnsafeQueueUserWorkItem(sleeper, preferLocal: false);
        }
    }
}
