namespace ShmBus.Perf.Commands;

/// <summary>How a suite's run ends, as an exit code.</summary>
internal static class SuiteRun
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
            return Success;
        }
        catch (PerfException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return Failure;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
    }
}
