using System.Threading.Tasks.Sources;

namespace ShmBus.Hosting.Handling;

/// <summary>One of several that handle at once: what it sleeps on while it has nothing to do. Nothing is allocated for a sleep.</summary>
internal sealed class Worker : IValueTaskSource
{
    // On the pool: who wakes a worker has something else to do.
    private ManualResetValueTaskSourceCore<bool> _wake = new() { RunContinuationsAsynchronously = true };

    /// <summary>Completes when it is woken; also if it was already. Then it sleeps anew by the next call.</summary>
    internal ValueTask SleepAsync() => new(this, _wake.Version);

    /// <summary>Once for each sleep.</summary>
    internal void Wake() => _wake.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        _wake.GetResult(token);
        _wake.Reset();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wake.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wake.OnCompleted(continuation, state, token, flags);
}
