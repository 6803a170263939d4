using System.IO.MemoryMappedFiles;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Files;

/// <summary>Views of a <see cref="MemoryMappedFile"/>, one to write and one to read: each chunk is made, and verified, in place.</summary>
internal sealed unsafe class ViewCourse(string path, int chunk, int chunks, Touch touch) : FileCourse(path, chunk, chunks)
{
    private readonly List<MemoryMappedViewAccessor> _views = [];
    private byte* _writing;
    private byte* _reading;

    public override void OpenToWrite() => _writing = Map(FileMode.OpenOrCreate);

    public override void OpenToRead() => _reading = Map(FileMode.Open);

    public override void Write(ulong first)
    {
        for (int i = 0; i < Chunks; i++)
            Payload.Write(new Span<byte>(_writing + (long)i * Chunk, Chunk), first + (ulong)i);
    }

    public override void Read(ulong first)
    {
        for (int i = 0; i < Chunks; i++)
            Verify(new ReadOnlySpan<byte>(_reading + (long)i * Chunk, Chunk), Chunk, first + (ulong)i);
    }

    public override void Sync(Syncing syncing) => Mapping.Sync(_writing, Length, isWaitedFor: syncing == Syncing.Sync);

    public override void Dispose()
    {
        foreach (MemoryMappedViewAccessor view in _views)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }
    }

    private byte* Map(FileMode mode)
    {
        // The view keeps the file open.
        using var file = MemoryMappedFile.CreateFromFile(
            new FileStream(Path, mode, FileAccess.ReadWrite, FileShare.ReadWrite), null, Length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        MemoryMappedViewAccessor view = file.CreateViewAccessor(0, Length);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _views.Add(view);
        if (touch != Touch.First)
            Mapping.Populate(start, Length);
        if (touch == Touch.Huge)
            Mapping.Collapse(start, Length);
        return start;
    }
}
