namespace ShmBus.Tests.Support;

/// <summary>A place on a real disk, for tests of what tmpfs does not do.</summary>
internal static class Disk
{
    /// <summary>The directory for temporary files, which is a disk on most machines.</summary>
    internal static string Path { get; } = System.IO.Path.GetTempPath();

    /// <summary>Ends the test without a verdict, with the reason, where there is no disk.</summary>
    internal static void Require()
    {
        string format = new DriveInfo(Path).DriveFormat;
        if (format is "tmpfs" or "ramfs")
        {
            Assert.Ignore($"Needs a directory on a disk: {Path} is on {format}. Set TMPDIR to one.");
        }
    }
}
