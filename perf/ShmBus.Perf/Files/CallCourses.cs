using Microsoft.Win32.SafeHandles;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Files;

/// <summary>write(2) and read(2): one system call for every chunk.</summary>
internal sealed class WriteReadCourse(string path, int chunk, int chunks) : BufferedCourse(path, chunk, chunks)
{
    private SafeFileHandle? _writing;
    private SafeFileHandle? _reading;

    public override void OpenToWrite() => _writing = File.OpenHandle(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);

    public override void OpenToRead() => _reading = File.OpenHandle(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    public override void Rewind()
    {
        Descriptor.Rewind((int)_writing!.DangerousGetHandle());
        Descriptor.Rewind((int)_reading!.DangerousGetHandle());
    }

    public override void Sync(Syncing syncing) => RandomAccess.FlushToDisk(_writing!);

    public override void Dispose()
    {
        _writing?.Dispose();
        _reading?.Dispose();
    }

    protected override void Write(ReadOnlySpan<byte> chunk, long offset) => Descriptor.WriteAll((int)_writing!.DangerousGetHandle(), chunk);

    protected override void Read(Span<byte> chunk, long offset)
    {
        for (int count; chunk.Length > 0; chunk = chunk[count..])
        {
            count = Descriptor.Read((int)_reading!.DangerousGetHandle(), chunk);
            if (count == 0)
                throw new PerfException($"{Path} ends before what was written");
        }
    }
}

/// <summary>pwrite(2) and pread(2), as .NET offers them: <see cref="RandomAccess"/>.</summary>
internal sealed class RandomAccessCourse(string path, int chunk, int chunks) : BufferedCourse(path, chunk, chunks)
{
    private SafeFileHandle? _writing;
    private SafeFileHandle? _reading;

    public override void OpenToWrite() => _writing = File.OpenHandle(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);

    public override void OpenToRead() => _reading = File.OpenHandle(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    public override void Sync(Syncing syncing) => RandomAccess.FlushToDisk(_writing!);

    public override void Dispose()
    {
        _writing?.Dispose();
        _reading?.Dispose();
    }

    protected override void Write(ReadOnlySpan<byte> chunk, long offset) => RandomAccess.Write(_writing!, chunk, offset);

    protected override void Read(Span<byte> chunk, long offset)
    {
        for (int count; chunk.Length > 0; chunk = chunk[count..], offset += count)
        {
            count = RandomAccess.Read(_reading!, chunk, offset);
            if (count == 0)
                throw new PerfException($"{Path} ends before what was written");
        }
    }
}

/// <summary>A <see cref="FileStream"/> as it comes, with its buffer of 4 KiB.</summary>
internal sealed class FileStreamCourse(string path, int chunk, int chunks) : BufferedCourse(path, chunk, chunks)
{
    private FileStream? _writing;
    private FileStream? _reading;

    public override void OpenToWrite() => _writing = new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);

    public override void OpenToRead() => _reading = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    public override void Rewind()
    {
        _writing!.Position = 0;
        // Else it would find in its buffer what the file held before.
        _reading!.Flush();
        _reading.Position = 0;
    }

    public override void Sync(Syncing syncing) => _writing!.Flush(flushToDisk: true);

    public override void Dispose()
    {
        _writing?.Dispose();
        _reading?.Dispose();
    }

    protected override void Write(ReadOnlySpan<byte> chunk, long offset) => _writing!.Write(chunk);

    protected override void Flush() => _writing!.Flush();

    protected override void Read(Span<byte> chunk, long offset) => _reading!.ReadExactly(chunk);
}
