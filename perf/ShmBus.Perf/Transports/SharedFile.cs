using System.IO.MemoryMappedFiles;

namespace ShmBus.Perf.Transports;

/// <summary>A file that both processes map, all zero at first: the memory of the floors and of other slots.</summary>
internal sealed unsafe class SharedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private SharedFile(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = start;
    }

    /// <summary>The first byte; on a page boundary.</summary>
    public byte* Start { get; }

    public static SharedFile Create(ChannelSettings settings, int length) => Map(settings, FileMode.CreateNew, length);

    public static SharedFile Open(ChannelSettings settings) => Map(settings, FileMode.Open, 0);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static SharedFile Map(ChannelSettings settings, FileMode mode, int length)
    {
        var stream = new FileStream(settings.PathOf("memory"), mode, FileAccess.ReadWrite, FileShare.ReadWrite);
        return new SharedFile(MemoryMappedFile.CreateFromFile(
            stream, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false));
    }
}
