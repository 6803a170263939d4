using System.Buffers.Binary;

namespace ShmBus.Perf.Transports;

/// <summary>
/// Puts messages on a byte stream, each after its length. It writes a message at once, in one system call: whoever
/// sends it cannot know whether another follows, and a message that sits in a buffer has not been sent. Batched, it
/// writes only full buffers: the most that the stream can do, at the price of messages that wait for later ones.
/// </summary>
internal sealed class FrameWriter(Duplex duplex, int size, bool batched)
{
    public const int PrefixSize = sizeof(int);

    private const int BatchSize = 64 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(
        Math.Max(BatchSize, PrefixSize + size), pinned: true);

    private int _used;

    /// <summary>Where the next message is to be written.</summary>
    public Span<byte> Claim(int length)
    {
        if (_used + PrefixSize + length > _buffer.Length)
            Flush();
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_used), length);
        Span<byte> payload = _buffer.AsSpan(_used + PrefixSize, length);
        _used += PrefixSize + length;
        return payload;
    }

    public void Commit()
    {
        if (!batched)
            Flush();
    }

    public void Flush()
    {
        duplex.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
