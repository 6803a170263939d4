using ShmBus.Tool.Native;

namespace ShmBus.Tool.Moving;

/// <summary>Standard output, written in large pieces.</summary>
internal sealed class OutputBuffer(CancellationToken cancellation)
{
    private const int Size = 1 << 16;

    private byte[] _bytes = new byte[2 * Size];
    private int _length;

    /// <summary>Whether there is so much that it should be written.</summary>
    internal bool IsFull => _length >= Size;

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + bytes.Length));
        }
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Writes all of it.</summary>
    /// <exception cref="PipeClosedException">Nobody will read it.</exception>
    internal void Flush()
    {
        Descriptors.WriteAll(Descriptors.Output, _bytes.AsSpan(0, _length), cancellation);
        _length = 0;
    }
}
