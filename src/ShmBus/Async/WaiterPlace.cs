using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.Async;

/// <summary>An endpoint's place in the set of a waiter thread. All but what never changes belongs to the lock of the thread.</summary>
internal sealed unsafe class WaiterPlace(WaiterThread thread, uint* word, IAsyncSleeper sleeper) : AsyncSleep
{
    /// <summary>
    /// How often in a row the thread is woken by a word that nobody sleeps at, before the word is left out. An endpoint that is
    /// awaited no more, but waited for in other ways, must not wake the thread for ever.
    /// </summary>
    private const int MostVainWakes = 4;

    private uint _armed;
    private int _vainWakes;

    internal IAsyncSleeper Sleeper => sleeper;

    /// <summary>Whether somebody sleeps here.</summary>
    internal bool IsTaken { get; private set; }

    /// <summary>The value that the word has while nothing happens.</summary>
    internal uint Expected { get; private set; }

    /// <summary>When to wake the sleeper in any case.</summary>
    internal long Deadline { get; private set; } = long.MaxValue;

    /// <summary>Whether the thread, once it is asleep, is woken by the word.</summary>
    internal bool IsArmed { get; private set; }

    internal ulong Address => (ulong)word;

    internal uint Now => Atomic.LoadAcquire(word); // pairs with Waker: what is waited for, then the word

    internal override RefusedOption? Refused => thread.Refused;

    internal override bool TrySleep(uint expected, long deadline) => thread.TrySleep(this, expected, deadline);

    internal override void Leave() => thread.Leave(this);

    internal void Take(uint expected, long deadline)
    {
        Expected = expected;
        Deadline = deadline;
        IsTaken = true;
        _vainWakes = 0;
    }

    /// <summary>Whether the sleeper is to be woken: if so, it sleeps here no more.</summary>
    internal bool TryFree(long now)
    {
        if (!IsTaken || (Now == Expected && now < Deadline))
        {
            return false;
        }
        IsTaken = false;
        Deadline = long.MaxValue;
        _armed = Now;
        return true;
    }

    /// <summary>The value of the word to go to sleep with. False when it is to be left out.</summary>
    internal bool TryArm(out uint value)
    {
        value = IsTaken ? Expected : Now;
        if (value != _armed && !IsTaken)
        {
            _vainWakes++;
        }
        _armed = value;
        return IsArmed = _vainWakes < MostVainWakes;
    }
}
