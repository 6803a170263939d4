using ShmBus.Waiting;

namespace ShmBus.Tests.Async;

/// <summary>Counts how often it is woken.</summary>
internal sealed class CountedSleeper : IAsyncSleeper, IDisposable
{
    private readonly SemaphoreSlim _woken = new(0);
    private int _wakes;

    internal int Wakes => Volatile.Read(ref _wakes);

    public bool WakesInline => true;

    public void Execute()
    {
        Interlocked.Increment(ref _wakes);
        _woken.Release();
    }

    internal void Wait() => _woken.Wait();

    public void Dispose() => _woken.Dispose();
}
