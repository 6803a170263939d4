using System.Runtime.CompilerServices;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>
/// Going to sleep without missing what happens meanwhile: say so, barrier, look once more, sleep.
/// </summary>
/// <remarks>
/// It is said in two places. The slot's <c>parked</c> changes with each sleep. The bit in the summary, which is all that a
/// waker looks at while nobody sleeps, is set before the first sleep, with a barrier that reaches every waker, and stays
/// while one sleep follows another: from then on each waker that looks takes the longer way, with a fence of its own
/// before it reads <c>parked</c>, and the sleeper needs no barrier but a fence. An endpoint that gets what it waits for
/// without sleeping takes the bit back (<see cref="StayAwake"/>).
/// </remarks>
internal unsafe struct Parking
{
    private const long Millisecond = 1_000_000;

    /// <summary>How long to sleep at most where no barrier reaches the other side, which may then miss the sleeper: first, and in the end.</summary>
    private const long FirstBound = Millisecond;
    private const long LastBound = 20 * Millisecond;

    private readonly Signals _signals;
    private readonly RingSlot _slot;
    private readonly ulong* _summary;
    private readonly ulong _bit;
    private bool _isInSummary;
    private bool _isSeenByAll;
    private long _bound;
    private uint _expected;
    private uint _parked;

    internal Parking(in RingMemory memory, EndpointRole role, int index, Signals signals)
    {
        _signals = signals;
        _slot = memory.Slot(role, index);
        _parked = *_slot.Parked + 1 & ~1u;
        _summary = memory.Parked(role);
        _bit = 1UL << index;
    }

    /// <summary>What wakes it, and the value of the word to sleep at: for a sleep without a thread.</summary>
    internal readonly Signals Signals => _signals;

    /// <inheritdoc cref="Signals"/>
    internal readonly uint* Word => _slot.FutexWord;

    /// <inheritdoc cref="Signals"/>
    internal readonly uint Expected => _expected;

    /// <summary>Says that this endpoint is about to sleep. What happens from now on wakes it; what happened before, a look shows.</summary>
    internal void Announce()
    {
        _expected = Atomic.LoadAcquire(_slot.FutexWord);
        // Counted in private: whatever is written over the slot, no two sleeps have one number.
        Atomic.StoreRelease(_slot.Parked, ++_parked); // pairs with Waker: parked
        if (_isSeenByAll && (Atomic.LoadAcquire(_summary) & _bit) != 0)
        {
            Atomic.FullFence(); // pairs with Waker.WakeSleepers: what is waited for, fence, parked
            return;
        }
        Atomic.Or(_summary, _bit); // pairs with Waker: summary
        _isInSummary = true;
        _isSeenByAll = _signals.BarrierBeforeSleeping();
        _bound = _isSeenByAll ? 0 : Math.Clamp(_bound * 2, FirstBound, LastBound);
    }

    /// <summary>Sleeps until woken, or until a deadline in nanoseconds of the monotonic clock; may return early.</summary>
    internal readonly void Sleep(long now, long deadline)
    {
        long until = Until(now, deadline);
        _signals.Sleep(_slot.FutexWord, _expected, until == long.MaxValue ? -1 : until);
    }

    /// <summary>Whether a sleep was announced and not taken back.</summary>
    internal readonly bool IsAnnounced => (_parked & 1) != 0;

    /// <summary>Until when to sleep at most, for this sleep: sooner than the deadline where a waker may miss it.</summary>
    internal readonly long Until(long now, long deadline) => _isSeenByAll ? deadline : Math.Min(deadline, now + _bound);

    /// <summary>Awake again. Each sleep that is announced is taken back before the next: it then has a number of its own.</summary>
    internal void Withdraw() => Atomic.StoreRelease(_slot.Parked, ++_parked); // pairs with Waker: parked

    /// <summary>This endpoint has what it needs for now: others need not look whether it sleeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void StayAwake()
    {
        if (_isInSummary)
        {
            LeaveSummary();
        }
    }

    /// <summary>Wakes this endpoint itself, from another thread of its own process.</summary>
    internal readonly void WakeSelf()
    {
        Atomic.Increment(_slot.FutexWord);
        _signals.Wake(_slot.FutexWord);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LeaveSummary()
    {
        Atomic.And(_summary, ~_bit);
        _isInSummary = _isSeenByAll = false;
        _bound = 0;
    }
}
