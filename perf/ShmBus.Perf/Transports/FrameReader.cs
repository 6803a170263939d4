using System.Buffers.Binary;

namespace ShmBus.Perf.Transports;

/// <summary>
/// Takes messages off a byte stream. Each system call takes all that is there, up to a buffer's worth, so a reader
/// that lags behind needs one for many messages; they are handed out in place.
/// </summary>
internal sealed class FrameReader(Duplex duplex, int size)
{
    private const int LeastBuffer = 128 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(LeastBuffer, 2 * (FrameWriter.PrefixSize + size)), pinned: true);

    private int _start;
    private int _end;

    /// <summary>Waits for the next message. It is valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        Require(FrameWriter.PrefixSize);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start));
        if (length != size)
            throw new PerfException($"a message of {length} bytes was announced: the stream is out of step");

        Require(FrameWriter.PrefixSize + length);
        ReadOnlySpan<byte> payload = _buffer.AsSpan(_start + FrameWriter.PrefixSize, length);
        _start += FrameWriter.PrefixSize + length;
        return payload;
    }

    private void Require(int bytes)
    {
        while (_end - _start < bytes)
            Fill(bytes);
    }

    private void Fill(int bytes)
    {
        if (_start == _end || _start + bytes > _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        int count = duplex.Read(_buffer.AsSpan(_end));
        if (count == 0)
            throw new PerfException("the other end of the stream was closed");
        _end += count;
    }
}
