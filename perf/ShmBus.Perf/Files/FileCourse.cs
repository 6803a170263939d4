using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Files;

/// <summary>One file, written in chunks from its beginning to its end, then read so, and both once more.</summary>
/// <param name="path">It does not exist yet.</param>
/// <param name="chunk">Bytes in a chunk.</param>
/// <param name="chunks">How many there are.</param>
internal abstract class FileCourse(string path, int chunk, int chunks) : IDisposable
{
    protected string Path => path;

    protected int Chunk => chunk;

    protected int Chunks => chunks;

    protected long Length => (long)chunk * chunks;

    /// <summary>Makes the file ready to be written.</summary>
    public abstract void OpenToWrite();

    /// <summary>Makes it ready to be read, through means of its own.</summary>
    public abstract void OpenToRead();

    /// <summary>Goes back to the beginning.</summary>
    public virtual void Rewind()
    {
    }

    /// <summary>Writes all chunks: the payloads of that number and those after it.</summary>
    public abstract void Write(ulong first);

    /// <summary>Reads every byte of all chunks, and verifies them.</summary>
    public abstract void Read(ulong first);

    public abstract void Sync(Syncing syncing);

    public abstract void Dispose();

    protected static void Verify(ReadOnlySpan<byte> payload, int size, ulong sequence)
    {
        if (!Payload.Matches(payload, size, sequence))
            throw Payload.Mismatch(payload, size, sequence);
    }
}
