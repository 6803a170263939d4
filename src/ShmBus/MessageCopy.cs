using ShmBus.Async;

namespace ShmBus;

/// <summary>
/// A copy of a message in memory of this process, which can be kept across an <c>await</c>. Dispose it, so that its memory is used
/// again: then copies allocate nothing. One that is not disposed is left to the garbage collector.
/// </summary>
/// <remarks>Any thread may use it. Copies of this value are one copy of the message: to dispose one of them disposes all.</remarks>
public readonly struct MessageCopy : IDisposable
{
    private readonly CopyBuffer? _buffer;
    private readonly int _lease;

    internal MessageCopy(CopyBuffer buffer, uint type, ulong position)
    {
        _buffer = buffer;
        _lease = buffer.Lease;
        Type = type;
        Position = (long)position;
    }

    /// <summary>The bytes. What was read of it stands until it is disposed: memory that is still held then shows other messages later.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ReadOnlyMemory<byte> Payload => _buffer is null ? default : _buffer.Read(_lease, typeof(MessageCopy));

    /// <inheritdoc cref="Message.Type"/>
    public uint Type { get; }

    /// <inheritdoc cref="Message.Position"/>
    public long Position { get; }

    /// <summary>Gives the memory back. May be called more than once.</summary>
    public void Dispose() => _buffer?.End(_lease);
}
