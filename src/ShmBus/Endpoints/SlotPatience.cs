namespace ShmBus.Endpoints;

/// <summary>
/// Waiting for a slot that is as good as free: the kernel frees the locks of a process that died one after the other, so who holds
/// one of them already may be early for the next.
/// </summary>
internal static class SlotPatience
{
    private const long Milliseconds = 1000;

    /// <summary>Tries until there is a result, for a second; null when there is none then.</summary>
    internal static TResult? Retry<T, TResult>(T argument, Func<T, TResult?> attempt) where TResult : class
    {
        for (long start = Environment.TickCount64; ; Thread.Yield())
        {
            if (attempt(argument) is TResult result)
            {
                return result;
            }
            if (Environment.TickCount64 - start >= Milliseconds)
            {
                return null;
            }
        }
    }
}
