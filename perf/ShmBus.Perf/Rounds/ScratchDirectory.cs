namespace ShmBus.Perf.Rounds;

/// <summary>
/// A directory on tmpfs for the files of one round, in a directory of its own. Main removes both when the round is over,
/// however it ends; a peer does when main was killed.
/// </summary>
/// <remarks>
/// Two, because a bus makes its directory again where it is missing, but not the one that it lies in: what is at work in a
/// peer that removes them cannot bring back a name.
/// </remarks>
internal sealed class ScratchDirectory : IDisposable
{
    private const int MostTries = 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static int s_count;

    private ScratchDirectory(string path) => FullPath = path;

    public string FullPath { get; }

    public static ScratchDirectory Create()
    {
        string outer = $"/dev/shm/shmbus-perf-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Directory.CreateDirectory(outer, OwnerOnly);
        string path = Path.Combine(outer, "round");
        Directory.CreateDirectory(path, OwnerOnly);
        return new ScratchDirectory(path);
    }

    /// <param name="path">As <see cref="FullPath"/> told it.</param>
    public static void Remove(string path)
    {
        string outer = Path.GetDirectoryName(path)!;
        for (int left = MostTries; Directory.Exists(outer); left--)
        {
            try
            {
                Directory.Delete(outer, recursive: true);
            }
            catch (IOException) when (left > 1)
            {
                // A thread that is still at work has put something there meanwhile, or another process removes it too.
                Thread.Sleep(10);
            }
        }
    }

    public void Dispose() => Remove(FullPath);
}
