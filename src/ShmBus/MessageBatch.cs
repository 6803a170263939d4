using System.Buffers.Binary;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// Messages that are published together, all or none: <see cref="Publisher.TryPublish(MessageBatch)"/>. Holds copies of the
/// payloads, may be published more than once, and is best kept and cleared: it then allocates no more.
/// </summary>
/// <remarks>Belongs to one thread at a time.</remarks>
public sealed class MessageBatch
{
    private byte[] _bytes;
    private int _length;

    /// <summary>An empty batch.</summary>
    /// <param name="capacity">The bytes to make room for at once; it grows beyond that by itself.</param>
    public MessageBatch(int capacity = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _bytes = new byte[capacity];
    }

    /// <summary>How many messages are in it.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The bytes that it takes up at once in a topic: for each message 8 and its payload, rounded up to a multiple of 8. At most
    /// <see cref="Endpoint.MaxMessageLength"/> can be published.
    /// </summary>
    public int Length => _length;

    /// <summary>The messages as they stand in the ring.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Adds a copy of a payload. Allocates only where the batch must grow.</summary>
    /// <param name="payload">The bytes.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <exception cref="InvalidOperationException">The batch would be longer than an array can be.</exception>
    public void Add(ReadOnlySpan<byte> payload, uint type = 0)
    {
        Span<byte> message = Grow(RecordDescriptor.BatchExtent((uint)payload.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(message, RecordDescriptor.LengthAndType((uint)payload.Length, type));
        payload.CopyTo(message[RecordDescriptor.BatchHeaderSize..]);
        message[(RecordDescriptor.BatchHeaderSize + payload.Length)..].Clear();
        Count++;
    }

    /// <summary>Takes all messages out. Keeps the memory.</summary>
    public void Clear()
    {
        _length = 0;
        Count = 0;
    }

    private Span<byte> Grow(ulong extent)
    {
        ulong end = (ulong)_length + extent;
        if (end > (ulong)Array.MaxLength)
        {
            throw new InvalidOperationException($"The batch would have {end} bytes; at most {Array.MaxLength} are possible.");
        }
        if (end > (ulong)_bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Max((long)end, Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }
        Span<byte> grown = _bytes.AsSpan(_length, (int)extent);
        _length = (int)end;
        return grown;
    }
}
