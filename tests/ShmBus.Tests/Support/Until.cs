namespace ShmBus.Tests.Support;

/// <summary>Waiting for another process or thread to get somewhere. Without a limit of its own: a run that hangs is ended by the runner.</summary>
internal static class Until
{
    internal static void True(Func<bool> condition)
    {
        while (!condition())
        {
            Thread.Sleep(1);
        }
    }

    /// <summary>Waits until a thread of a process sleeps in a futex, or in what is named, as the kernel shows it.</summary>
    internal static void Asleep(int process, string thread, string where = "futex") =>
        True(() => File.ReadAllText($"/proc/{process}/task/{thread}/wchan").Contains(where, StringComparison.Ordinal));
}
