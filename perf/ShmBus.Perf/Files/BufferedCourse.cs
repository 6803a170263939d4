using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Files;

/// <summary>A file by calls that copy: each chunk is made in a buffer, or read into one and verified there.</summary>
internal abstract class BufferedCourse(string path, int chunk, int chunks) : FileCourse(path, chunk, chunks)
{
    private readonly byte[] _buffer = GC.AllocateArray<byte>(chunk, pinned: true);

    public sealed override void Write(ulong first)
    {
        for (int i = 0; i < Chunks; i++)
        {
            Payload.Write(_buffer, first + (ulong)i);
            Write(_buffer, (long)i * Chunk);
        }

        Flush();
    }

    public sealed override void Read(ulong first)
    {
        for (int i = 0; i < Chunks; i++)
        {
            Read(_buffer, (long)i * Chunk);
            Verify(_buffer, Chunk, first + (ulong)i);
        }
    }

    protected abstract void Write(ReadOnlySpan<byte> chunk, long offset);

    protected abstract void Read(Span<byte> chunk, long offset);

    /// <summary>Hands to the kernel what is held back.</summary>
    protected virtual void Flush()
    {
    }
}
