using System.Diagnostics;
using ShmBus.Async;
using ShmBus.Rings;

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
    private readonly ExtrasBlock _extras;

    internal MessageCopy(CopyBuffer buffer, in Record record)
    {
        _buffer = buffer;
        _lease = buffer.Lease;
        _extras = record.Extras;
        Type = record.Type;
        Position = (long)record.Position;
    }

    /// <summary>The bytes. What was read of it stands until it is disposed: memory that is still held then shows other messages later.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ReadOnlyMemory<byte> Payload => Whole[_extras.Size..];

    /// <inheritdoc cref="Message.Type"/>
    public uint Type { get; }

    /// <inheritdoc cref="Message.Position"/>
    public long Position { get; }

    /// <inheritdoc cref="Message.Timestamp"/>
    public DateTimeOffset? Timestamp => Extras.Timestamp;

    /// <inheritdoc cref="Message.CorrelationId"/>
    public Guid? CorrelationId => Extras.CorrelationId;

    /// <inheritdoc cref="Message.TraceContext"/>
    public TraceContext? TraceContext => Extras.TraceContext;

    /// <summary>What tracing systems added to the trace context. Empty if nothing. Valid as long as <see cref="Payload"/>.</summary>
    public ReadOnlySpan<byte> TraceState => Extras.TraceState;

    /// <inheritdoc cref="Message.GetParentContext"/>
    public ActivityContext GetParentContext() => Extras.ParentContext;

    /// <summary>Gives the memory back. May be called more than once.</summary>
    public void Dispose() => _buffer?.End(_lease);

    /// <summary>The block of extras, if there is one, and the payload.</summary>
    private ReadOnlyMemory<byte> Whole => _buffer is null ? default : _buffer.Read(_lease, typeof(MessageCopy));

    private MessageExtrasView Extras => new(Whole.Span[.._extras.Size], _extras);
}
