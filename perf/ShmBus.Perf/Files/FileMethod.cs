namespace ShmBus.Perf.Files;

/// <summary>A way to write and read a file.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Create">Makes a course of a path, bytes in a chunk, number of chunks.</param>
internal sealed record FileMethod(string Name, Func<string, int, int, Touch, FileCourse> Create)
{
    public static IReadOnlyList<FileMethod> All { get; } =
    [
        new("write-read", static (path, chunk, chunks, _) => new WriteReadCourse(path, chunk, chunks)),
        new("pwrite-pread", static (path, chunk, chunks, _) => new RandomAccessCourse(path, chunk, chunks)),
        new("filestream", static (path, chunk, chunks, _) => new FileStreamCourse(path, chunk, chunks)),
        new("mmap-view", static (path, chunk, chunks, touch) => new ViewCourse(path, chunk, chunks, touch)) { IsMapped = true },
        new("shmbus", static (path, chunk, chunks, touch) => new RegionCourse(path, chunk, chunks, touch)) { IsMapped = true, WhyNot = RegionCourse.WhyNot },
    ];

    /// <summary>Whether it maps the file: then it matters how its pages are touched, and it can be synced without waiting.</summary>
    public bool IsMapped { get; private init; }

    /// <summary>Why it cannot have so many chunks of so many bytes, or null.</summary>
    public Func<int, int, string?> WhyNot { get; private init; } = static (_, _) => null;
}
