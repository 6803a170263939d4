using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>A message, read in place.</summary>
/// <remarks>
/// Its extras are those that the publisher gave it, or adds: <see cref="MessageExtras"/>. They are read where they stand when they
/// are asked for, so ask while <see cref="Payload"/> is valid.
/// </remarks>
public readonly ref struct Message
{
    private const ulong HasExtras = 1;

    private readonly ref readonly byte _start;
    private readonly ulong _lengthAndType;
    private readonly ulong _position; // a multiple of 8, and in the lowest bit whether there are extras
    private readonly ExtrasBlock _extras; // not set where there are none

    internal unsafe Message(scoped in Record record)
    {
        _start = ref *record.Payload;
        _lengthAndType = record.LengthAndType;
        _extras = record.Extras;
        _position = record.Position | (record.Extras.Size > 0 ? HasExtras : 0);
    }

    /// <summary>One that is known to have no extras. Nothing is stored for them: in full flow each store costs messages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe Message(byte* payload, ulong lengthAndType, ulong position)
    {
        Unsafe.SkipInit(out this);
        _start = ref *payload;
        _lengthAndType = lengthAndType;
        _position = position;
    }

    /// <summary>
    /// The bytes, where they stand in the ring. Valid until the next call on the subscriber, or until the handler returns: copy
    /// what is needed longer.
    /// </summary>
    public ReadOnlySpan<byte> Payload => MemoryMarshal.CreateReadOnlySpan(in _start, (int)_lengthAndType);

    /// <summary>The payload as a struct, where it stands in the ring: nothing is copied. Does not allocate.</summary>
    /// <remarks>Nothing of it is checked but its length: any bytes may stand there.</remarks>
    /// <typeparam name="T">A struct of just as many bytes as the message has.</typeparam>
    /// <returns>The struct, valid as long as <see cref="Payload"/>.</returns>
    /// <exception cref="Serialization.MessageFormatException">It has another number of bytes.</exception>
    public ref readonly T As<T>() where T : unmanaged
    {
        Serialization.InPlace.CheckLength<T>(Payload.Length);
        return ref Unsafe.As<byte, T>(ref Unsafe.AsRef(in _start));
    }

    /// <summary>The type id that the publisher gave it; 0 if it gave none.</summary>
    public uint Type => (uint)(_lengthAndType >> 32);

    /// <summary>Its position in the ring, in bytes: grows from message to message, and is never used again.</summary>
    public long Position => (long)(_position & ~HasExtras);

    /// <summary>When it was published, by the publisher's clock, in UTC and to 100 ns; null if it does not say.</summary>
    public DateTimeOffset? Timestamp => Extras.Timestamp;

    /// <summary>What it belongs to, or answers; null if it does not say.</summary>
    public Guid? CorrelationId => Extras.CorrelationId;

    /// <summary>Which trace it is a part of; null if it does not say. Does not allocate.</summary>
    public TraceContext? TraceContext => Extras.TraceContext;

    /// <summary>
    /// What tracing systems added to the trace context, where it stands in the ring: valid as long as <see cref="Payload"/>. Empty if
    /// nothing.
    /// </summary>
    public ReadOnlySpan<byte> TraceState => Extras.TraceState;

    /// <summary>
    /// Trace context and trace state as the parent of what is done about the message, for <see cref="ActivitySource"/>. Allocates
    /// strings.
    /// </summary>
    /// <returns>The parent; the default value, which is none, if the message has no trace context.</returns>
    public ActivityContext GetParentContext() => Extras.ParentContext;

    /// <summary>Those in the block in front of the payload.</summary>
    private MessageExtrasView Extras => (_position & HasExtras) == 0 ? default
        : new(MemoryMarshal.CreateReadOnlySpan(in Unsafe.Subtract(ref Unsafe.AsRef(in _start), _extras.Size), _extras.Size), _extras);
}

/// <summary>Deals with one message.</summary>
/// <param name="message">The message; its payload is valid until the handler returns.</param>
public delegate void MessageHandler(Message message);

/// <summary>Deals with one message; as a struct it is inlined into the loop that reads.</summary>
public interface IMessageHandler
{
    /// <summary>Deals with one message.</summary>
    /// <param name="message">The message; its payload is valid until this returns.</param>
    void OnMessage(in Message message);
}
