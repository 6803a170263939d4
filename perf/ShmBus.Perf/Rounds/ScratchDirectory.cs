namespace ShmBus.Perf.Rounds;

/// <summary>
/// A directory on tmpfs for the files of one round. Main removes it when the round is over, however it ends; the
/// peer does when main was killed.
/// </summary>
internal sealed class ScratchDirectory : IDisposable
{
    private const int MostTries = 20;

    private static int s_count;

    private ScratchDirectory(string path) => FullPath = path;

    public string FullPath { get; }

    public static ScratchDirectory Create()
    {
        string path = $"/dev/shm/shmbus-perf-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new ScratchDirectory(path);
    }

    public static void Remove(string path)
    {
        for (int left = MostTries; left > 0; left--)
        {
            try
            {
                Directory.Delete(path, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                // The other process was faster.
                return;
            }
            catch (IOException) when (left > 1)
            {
                // A thread that is still at work has put something there meanwhile.
                Thread.Sleep(10);
            }
        }
    }

    public void Dispose() => Remove(FullPath);
}
