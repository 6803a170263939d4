using System.Runtime.InteropServices;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>A message, read in place.</summary>
public readonly ref struct Message
{
    private readonly ref readonly byte _start;
    private readonly int _length;

    internal unsafe Message(scoped in Record record)
    {
        _start = ref *record.Payload;
        _length = record.Length;
        Type = record.Type;
        Position = (long)record.Position;
    }

    /// <summary>
    /// The bytes, where they stand in the ring. Valid until the next call on the subscriber, or until the handler returns: copy
    /// what is needed longer.
    /// </summary>
    public ReadOnlySpan<byte> Payload => MemoryMarshal.CreateReadOnlySpan(in _start, _length);

    /// <summary>The type id that the publisher gave it; 0 if it gave none.</summary>
    public uint Type { get; }

    /// <summary>Its position in the ring, in bytes: grows from message to message, and is never used again.</summary>
    public long Position { get; }
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
