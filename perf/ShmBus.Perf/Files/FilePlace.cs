using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Files;

/// <summary>Where files are made.</summary>
/// <param name="Name">In rows: disk or tmpfs.</param>
/// <param name="Directory">A directory of this run's own is made in it.</param>
internal sealed record FilePlace(string Name, string Directory)
{
    public const string Disk = "disk";
    public const string Tmpfs = "tmpfs";

    public static FilePlace OnTmpfs { get; } = new(Tmpfs, "/dev/shm");

    /// <summary>The kind of file system that it is on: that of the longest mount point that leads to it.</summary>
    public string FileSystem => File.ReadLines("/proc/self/mounts").Select(static line => line.Split(' '))
        .Where(mount => IsBelow(mount[1])).MaxBy(static mount => mount[1].Length)![2];

    private bool IsBelow(string mountPoint) =>
        mountPoint == "/" || Directory == mountPoint || Directory.StartsWith(mountPoint + "/", StringComparison.Ordinal);

    public string NewDirectory() => ScratchDirectory.Make(Directory, "files");
}
