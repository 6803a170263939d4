namespace ShmBus.Tool.Bench;

/// <summary>
/// Runs what may wait for ever on a thread that does not keep the process alive. It is never the first one: what that one may run on counts as what the process
/// may run on, so it must not be pinned.
/// </summary>
internal static class BenchThread
{
    internal static Task<T> Start<T>(Func<T> work)
    {
        TaskCompletionSource<T> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                ended.SetResult(work());
            }
#pragma warning disable CA1031 // Whatever ended it belongs to the one who awaits it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                ended.SetException(exception);
            }
        })
        { IsBackground = true, Name = "bench" }.Start();
        return ended.Task;
    }
}
