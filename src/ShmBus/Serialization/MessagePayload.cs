using System.Buffers;

namespace ShmBus.Serialization;

/// <summary>The bytes of a message that is being deserialized, in the shapes that serializers take.</summary>
/// <remarks>
/// Valid until <see cref="IMessageSerializer{T}.Deserialize"/> returns: the room is then written over by later messages. A span that
/// was kept shows those; <see cref="Memory"/> and <see cref="Sequence"/> throw.
/// </remarks>
public readonly ref struct MessagePayload
{
    private readonly IPayloadLender? _lender;
    private readonly ReadOnlyMemory<byte> _own; // where nobody lends

    /// <summary>Bytes of one's own, for example to test a serializer.</summary>
    /// <param name="bytes">The bytes.</param>
    public MessagePayload(ReadOnlyMemory<byte> bytes)
    {
        Span = bytes.Span;
        _own = bytes;
    }

    internal MessagePayload(ReadOnlySpan<byte> bytes, IPayloadLender lender)
    {
        Span = bytes;
        _lender = lender;
    }

    /// <summary>The bytes. Free of cost, and of checks: do not keep it.</summary>
    public ReadOnlySpan<byte> Span { get; }

    /// <summary>The bytes, for serializers that want memory. Allocates a small object, which knows when the bytes are no longer there.</summary>
    /// <remarks>Using it after <see cref="IMessageSerializer{T}.Deserialize"/> has returned throws <see cref="ObjectDisposedException"/>.</remarks>
    public ReadOnlyMemory<byte> Memory => _lender is null ? _own : _lender.Lend(Span);

    /// <summary>The same as a sequence of one segment.</summary>
    public ReadOnlySequence<byte> Sequence => new(Memory);
}

/// <summary>Lends memory of the ring out, and takes it back.</summary>
internal interface IPayloadLender
{
    /// <summary>Memory over bytes of the ring, until the message is done with.</summary>
    ReadOnlyMemory<byte> Lend(ReadOnlySpan<byte> bytes);
}
