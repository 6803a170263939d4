using ShmBus.Native;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>
/// Going to sleep without missing what happens meanwhile: say so, barrier, look once more, sleep.
/// </summary>
internal unsafe struct Parking
{
    private const long Millisecond = 1_000_000;

    /// <summary>How long to sleep at most where no barrier reaches the other side, which may then miss the sleeper: first, and in the end.</summary>
    private const long FirstBound = Millisecond;
    private const long LastBound = 20 * Millisecond;

    private readonly RingSlot _slot;
    private readonly ulong* _summary;
    private readonly ulong _bit;
    private long _bound;
    private uint _expected;

    internal Parking(in RingMemory memory, EndpointRole role, int index)
    {
        _slot = memory.Slot(role, index);
        _summary = memory.Parked(role);
        _bit = 1UL << index;
    }

    /// <summary>Says that this endpoint is about to sleep. What happens from now on wakes it; what happened before, a look shows.</summary>
    internal void Announce()
    {
        _expected = Atomic.LoadAcquire(_slot.FutexWord);
        Atomic.StoreRelease(_slot.Parked, *_slot.Parked | 1); // pairs with Waker: parked
        Atomic.Or(_summary, _bit); // pairs with Waker: summary
        _bound = Barrier.BeforeSleeping() ? long.MaxValue
            : _bound is 0 or long.MaxValue ? FirstBound
            : Math.Min(_bound * 2, LastBound);
    }

    /// <summary>Sleeps until woken, or until a deadline in nanoseconds of the monotonic clock; may return early.</summary>
    internal readonly void Sleep(long now, long deadline)
    {
        long until = _bound == long.MaxValue ? deadline : Math.Min(deadline, now + _bound);
        Libc.FutexWait(_slot.FutexWord, _expected, until == long.MaxValue ? -1 : until);
    }

    /// <summary>Awake again. Each sleep that is announced is taken back before the next: it then has a number of its own.</summary>
    internal readonly void Withdraw()
    {
        Atomic.StoreRelease(_slot.Parked, *_slot.Parked + 1); // pairs with Waker: parked
        Atomic.And(_summary, ~_bit);
    }

    /// <summary>The endpoint forgets the bound that it reached, when a wait is over.</summary>
    internal void Reset() => _bound = 0;

    /// <summary>Wakes this endpoint itself, from another thread of its own process.</summary>
    internal readonly void WakeSelf()
    {
        Atomic.Increment(_slot.FutexWord);
        Libc.FutexWake(_slot.FutexWord);
    }
}
