namespace ShmBus.Endpoints;

/// <summary>
/// Waiting for a slot that is as good as free: the kernel frees the locks of a process that died one after the other, so who holds
/// one of them already may be early for the next. And for the name of a place, which may be in use, or about to be given up.
/// </summary>
internal static class SlotPatience
{
    /// <summary>For a name: long enough to give up a place, short enough for one who is refused.</summary>
    internal const int ForName = 100;

    private const int ForSlot = 1000;

    /// <summary>Tries until there is a result, for some milliseconds; null when there is none then.</summary>
    internal static TResult? Retry<T, TResult>(T argument, Func<T, TResult?> attempt, int milliseconds = ForSlot) where TResult : class
    {
        for (long start = Environment.TickCount64; ; Thread.Yield())
        {
            if (attempt(argument) is TResult result)
            {
                return result;
            }
            if (Environment.TickCount64 - start >= milliseconds)
            {
                return null;
            }
        }
    }
}
