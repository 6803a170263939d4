namespace ShmBus.Perf.Rounds;

/// <summary>
/// A directory on tmpfs for what one round makes. Main removes it when the round is over, however it ends; a peer does when
/// main was killed.
/// </summary>
/// <remarks>
/// The files of the round lie in a directory within it: a bus makes its directory again where it is missing, but not the one
/// that it lies in, so what is at work in a peer that removes both cannot bring back a name.
/// </remarks>
internal sealed class ScratchDirectory : IDisposable
{
    private const string NameStart = "shmbus-perf-";

    private const int MostTries = 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static int s_count;

    private ScratchDirectory(string path) => FullPath = path;

    /// <summary>What is to be removed.</summary>
    public string FullPath { get; }

    /// <summary>In tmpfs, for a round.</summary>
    public static ScratchDirectory Create()
    {
        var scratch = new ScratchDirectory(Make("/dev/shm", FormattableString.Invariant($"{Interlocked.Increment(ref s_count)}")));
        Directory.CreateDirectory(FilesIn(scratch.FullPath), OwnerOnly);
        return scratch;
    }

    /// <summary>Makes one elsewhere; the caller removes it.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">What tells it from others of this process.</param>
    /// <returns>Its path.</returns>
    public static string Make(string parent, string name) =>
        Directory.CreateDirectory(Path.Combine(parent, FormattableString.Invariant($"{NameStart}{Environment.ProcessId}-{name}")), OwnerOnly).FullName;

    /// <summary>Where the files of the round are.</summary>
    public static string FilesIn(string path) => Path.Combine(path, "round");

    /// <summary>Removes one of those above, with all that is in it.</summary>
    public static void Remove(string path)
    {
        if (!Path.GetFileName(path).StartsWith(NameStart, StringComparison.Ordinal))
            throw new ArgumentException($"{path} is no directory of this program's.", nameof(path));
        for (int left = MostTries; Directory.Exists(path); left--)
        {
            try
            {
                Directory.Delete(path, recursive: true);
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
