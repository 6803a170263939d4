using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.Waiting;

/// <summary>How the sleepers of a region are put to sleep and woken: by their word in its memory.</summary>
internal abstract unsafe class Signals
{
    /// <summary>Between processes: futexes of the shared kind.</summary>
    internal static readonly Signals Futex = new FutexSignals();

    /// <summary>Within this process.</summary>
    internal static readonly Signals InProcess = new MonitorSignals();

    /// <summary>Those of a region.</summary>
    internal static Signals Of(Region region) => region.Source switch
    {
        RegionArray => InProcess,
        { Events: RegionEvents events } => new EventfdSignals(region, events),
        _ => Futex,
    };

    /// <summary>The barrier between saying that one sleeps and the last look. False when it does not reach the other side for sure.</summary>
    internal abstract bool BarrierBeforeSleeping();

    /// <summary>Sleeps while the word has the expected value; may return early, and for no reason.</summary>
    /// <param name="word">The word that whoever wakes bumps.</param>
    /// <param name="expected">The value to sleep at.</param>
    /// <param name="deadline">Absolute time in nanoseconds of the monotonic clock, or negative for none.</param>
    internal abstract void Sleep(uint* word, uint expected, long deadline);

    /// <summary>Wakes whoever sleeps on the word, which was bumped before.</summary>
    internal abstract void Wake(uint* word);

    private sealed class FutexSignals : Signals
    {
        internal override bool BarrierBeforeSleeping() => Barrier.BeforeSleeping();

        internal override void Sleep(uint* word, uint expected, long deadline) => Libc.FutexWait(word, expected, deadline);

        internal override void Wake(uint* word) => Libc.FutexWake(word);
    }
}
