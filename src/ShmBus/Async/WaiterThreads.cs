using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Waiting;

namespace ShmBus.Async;

/// <summary>
/// The threads that sleep for endpoints which are awaited: one for every <see cref="WaiterThread.MostPlaces"/> of them. A
/// thread without any ends after a while.
/// </summary>
/// <remarks>
/// Where the kernel cannot sleep on many words at once (<c>futex_waitv</c>: Linux 5.16, and no filter that refuses it), a single
/// thread looks at all of them now and then.
/// </remarks>
internal sealed unsafe class WaiterThreads : IAsyncWaits
{
    internal static readonly WaiterThreads Shared = new();

    private readonly Lock _lock = new();
    private readonly List<WaiterThread> _threads = [];
    private int _made;

    private WaiterThreads()
    {
    }

    public AsyncSleep Join(uint* word, IAsyncSleeper sleeper)
    {
        lock (_lock)
        {
            foreach (WaiterThread thread in _threads)
            {
                if (thread.TryJoin(word, sleeper) is AsyncSleep sleep)
                {
                    return sleep;
                }
            }
            // Asked here: where there is no kernel to ask, everybody sleeps in places of its own signals, and nobody comes here.
            WaiterThread another = new(this, $"ShmBus await {++_made}", WaiterThread.Refusal(Libc.WhyNoFutexWaitMany()));
            AsyncSleep first = another.TryJoin(word, sleeper)!;
            another.Start();
            _threads.Add(another);
            return first;
        }
    }

    /// <summary>Whether a thread may end. Nobody joins it from then on.</summary>
    internal bool TryEnd(WaiterThread thread)
    {
        lock (_lock)
        {
            // Those who join hold this lock, too.
            return thread.IsEmpty && _threads.Remove(thread);
        }
    }
}
