namespace ShmBus.Tests.Support;

/// <summary>A directory of a test's own in shared memory (or elsewhere), removed with all that is in it.</summary>
internal sealed class TestDirectory : IDisposable
{
    // build/test.sh names a directory that it removes, for what tests leave that crash.
    private static readonly string SharedMemory = Environment.GetEnvironmentVariable("SHMBUS_TEST_DIRECTORY") ?? "/dev/shm";

    internal TestDirectory() : this(SharedMemory) { }

    internal TestDirectory(string parent)
    {
        Path = System.IO.Path.Combine(parent, $"shmbus-test-{Guid.NewGuid():n}");
        Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    internal string Path { get; }

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
