namespace ShmBus.Perf.Rounds;

/// <summary>
/// Runs a loop that may spin or block for ever on a thread that does not keep the process alive. So no loop looks
/// whether anyone is still there: who watches does, and ends the process.
/// </summary>
internal static class MeasuringThread
{
    public static Task Run(Action loop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                loop();
                ended.SetResult();
            }
#pragma warning disable CA1031 // Whatever ended the loop belongs to the one who awaits it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                ended.SetException(e);
            }
        })
        { IsBackground = true, Name = "measuring" }.Start();
        return ended.Task;
    }
}
