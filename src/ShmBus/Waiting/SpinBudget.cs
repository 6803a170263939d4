using ShmBus.Native;

namespace ShmBus.Waiting;

/// <summary>
/// How long to spin before parking, in nanoseconds. Follows how long waits really are: worth it when the next one will
/// probably end within it, wasted otherwise.
/// </summary>
internal struct SpinBudget
{
    /// <summary>About twice what waking a parked thread costs: spinning longer than that never pays.</summary>
    private const long Longest = 100_000;

    /// <summary>What is always tried, so that a flow that quickens is noticed.</summary>
    private const long Shortest = 2_000;

    /// <summary>How many parks one count of the processors serves: it is a system call, and the answer hardly ever changes.</summary>
    private const uint ParksForCount = 64;

    private readonly WaitStrategy _strategy;
    private long _adaptive;
    private uint _parks;
    private bool _isAlone;

    internal SpinBudget(WaitStrategy strategy)
    {
        _strategy = strategy;
        _adaptive = Longest;
        BeforePark();
    }

    internal readonly long Nanoseconds => _strategy switch
    {
        WaitStrategy.Spin => long.MaxValue,
        WaitStrategy.Park => 0,
        _ => _isAlone ? 0 : _adaptive,
    };

    /// <summary>Whether to let others run before parking.</summary>
    internal readonly bool Yields => _strategy == WaitStrategy.Adaptive && !_isAlone;

    /// <summary>A wait took this long. Called where a wait was not over at the first looks.</summary>
    internal void Learn(long nanoseconds)
    {
        long wanted = nanoseconds > Longest ? Shortest : Math.Clamp(nanoseconds * 4, Shortest, Longest);
        // Up at once, down slowly: a few long waits among short ones must not make the short ones dear.
        _adaptive = wanted > _adaptive ? wanted : _adaptive - (_adaptive - wanted) / 8;
    }

    /// <summary>
    /// Called before each park. Looks now and then how many processors there are: where there is one, the other side cannot run
    /// while this one spins.
    /// </summary>
    internal void BeforePark()
    {
        if (_parks++ % ParksForCount == 0)
        {
            _isAlone = (Syscall.IsPlatform ? Libc.ProcessorsOfThisProcess() : Environment.ProcessorCount) == 1;
        }
    }
}
