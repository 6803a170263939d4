using System.Numerics;
using System.Runtime.CompilerServices;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>
/// Wakes the endpoints of the other side that sleep. Costs one look at a line that is rarely written while nobody sleeps.
/// </summary>
/// <remarks>
/// A waker only bumps the sleeper's word and wakes it; what says that it sleeps is taken back by the sleeper. If a waker took
/// it back and were stopped before the wake, the others would rely on it. But a waker need not wake the same sleep
/// twice: <see cref="_woken"/> remembers which it has, so that a sleeper that is slow to get up, or was killed asleep,
/// does not cost a system call for each message. A sleeper that looked, found nothing and goes to sleep again does so
/// under a new number, and looks once more after it said so.
/// </remarks>
internal readonly unsafe struct Waker
{
    private readonly RingMemory _memory;
    private readonly Signals _signals;
    private readonly EndpointRole _sleepers;
    private readonly ulong* _summary;
    private readonly uint[] _woken;

    internal Waker(in RingMemory memory, EndpointRole sleepers, Signals signals)
    {
        _memory = memory;
        _signals = signals;
        _sleepers = sleepers;
        _summary = memory.Parked(sleepers);
        _woken = new uint[memory.Slots(sleepers)];
    }

    /// <summary>Wakes whoever sleeps, after something was published or room was given back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Wake()
    {
        Barrier.BeforeLookingForSleepers();
        ulong summary = Atomic.LoadAcquire(_summary); // pairs with Parking.Announce
        if (summary != 0)
        {
            WakeSleepers(summary);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WakeSleepers(ulong summary)
    {
        Atomic.FullFence(); // pairs with Parking.Announce: parked, fence, look
        for (; summary != 0; summary &= summary - 1)
        {
            int index = BitOperations.TrailingZeroCount(summary);
            // The word is written by others: a bit beyond the slots means nothing.
            if (index >= _woken.Length)
            {
                return;
            }
            RingSlot slot = _memory.Slot(_sleepers, index);
            uint sleep = Atomic.LoadAcquire(slot.Parked); // pairs with Parking.Announce
            if ((sleep & 1) != 0 && sleep != _woken[index])
            {
                Atomic.Increment(slot.FutexWord);
                _signals.Wake(slot.FutexWord);
                _woken[index] = sleep;
            }
        }
    }
}
