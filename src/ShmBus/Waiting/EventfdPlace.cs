using Microsoft.Win32.SafeHandles;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>An endpoint's place in the set of <see cref="EventfdThread"/>. All but what never changes belongs to the lock of the thread.</summary>
internal sealed unsafe class EventfdPlace(EventfdThread thread, ulong number, SafeFileHandle eventfd, uint* word, IAsyncSleeper sleeper) : AsyncSleep
{
    /// <summary>By what the kernel knows it. No two places ever have one number.</summary>
    internal ulong Number => number;

    internal SafeFileHandle Eventfd => eventfd;

    internal IAsyncSleeper Sleeper => sleeper;

    /// <summary>Whether somebody sleeps here.</summary>
    internal bool IsTaken { get; private set; }

    /// <summary>When to wake the sleeper in any case.</summary>
    internal long Deadline { get; private set; } = long.MaxValue;

    internal uint Now => Atomic.LoadAcquire(word); // pairs with Waker and Parking.WakeSelf: the word, then the count

    internal override RefusedOption? Refused => null;

    internal override bool TrySleep(uint expected, long deadline) => thread.TrySleep(this, expected, deadline);

    internal override void Leave() => thread.Leave(this);

    internal void Take(long deadline)
    {
        Deadline = deadline;
        IsTaken = true;
    }

    internal void Free()
    {
        Deadline = long.MaxValue;
        IsTaken = false;
    }
}
