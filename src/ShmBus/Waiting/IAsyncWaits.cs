using ShmBus.Regions;

namespace ShmBus.Waiting;

/// <summary>
/// How operations sleep without a thread of their own. What wakes them is what wakes a thread: their word changes. (A kind of
/// <see cref="Signals"/> without futexes can be one of these, too, and wake them where it wakes threads.)
/// </summary>
internal unsafe interface IAsyncWaits
{
    /// <summary>A place to sleep, for one endpoint.</summary>
    /// <param name="word">The word that whoever wakes bumps.</param>
    /// <param name="sleeper">Whom to wake.</param>
    AsyncSleep Join(uint* word, IAsyncSleeper sleeper);
}

/// <summary>An endpoint's place among those that sleep without a thread. It is kept from one sleep to the next.</summary>
internal abstract class AsyncSleep
{
    /// <summary>What the system refuses of it, or null.</summary>
    internal abstract RefusedOption? Refused { get; }

    /// <summary>
    /// Sleeps while the word has the expected value. From then on the sleeper is another thread's, which has it executed once:
    /// maybe at once, and maybe for no reason.
    /// </summary>
    /// <param name="expected">The value to sleep at.</param>
    /// <param name="deadline">Absolute time in nanoseconds of the monotonic clock, at which it is woken in any case; <see cref="long.MaxValue"/> for none.</param>
    /// <returns>False when the word has another value: then nobody calls, and the sleeper looks again.</returns>
    internal abstract bool TrySleep(uint expected, long deadline);

    /// <summary>Gives the place back. Nobody sleeps in it; when this returns, the word is read no more.</summary>
    internal abstract void Leave();
}

/// <summary>
/// Who sleeps without a thread. Executed to wake up and look again: without a lock held, on the thread pool or on the thread
/// that noticed.
/// </summary>
internal interface IAsyncSleeper : IThreadPoolWorkItem
{
    /// <summary>Whether the thread that noticed may be kept with it.</summary>
    bool WakesInline { get; }
}
