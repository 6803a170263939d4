using System.Buffers;

namespace ShmBus.Serialization;

/// <summary>Bytes as they are.</summary>
internal sealed class BytesSerializer : IMessageSerializer<ReadOnlyMemory<byte>>
{
    public MessageContract Contract { get; } = new("bytes", "bytes");

    public int GetLength(in ReadOnlyMemory<byte> message) => message.Length;

    public void Serialize(IBufferWriter<byte> output, in ReadOnlyMemory<byte> message) => output.Write(message.Span);

    public void Deserialize(in MessagePayload payload, out ReadOnlyMemory<byte> message) => message = payload.Span.ToArray();
}
