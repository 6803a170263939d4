using System.Buffers;
using Shop;
using ShmBus.MessagePack;
using ShmBus.Serialization;

namespace MessagePack;

/// <summary>
/// In the place of MessagePack-CSharp's, which is not restored here: those of its methods among which the compiler chooses for the README's code, with the same
/// signatures. The chosen ones write and read the example's Order.
/// </summary>
internal static class MessagePackSerializer
{
    public static void Serialize<T>(IBufferWriter<byte> writer, T value, MessagePackSerializerOptions? options = null, CancellationToken cancellationToken = default) =>
        ((IMessageSerializer<T>)(object)Order.MessagePack).Serialize(writer, value);

    public static byte[] Serialize<T>(T value, MessagePackSerializerOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public static void Serialize<T>(ref MessagePackWriter writer, T value, MessagePackSerializerOptions? options = null) => throw new NotSupportedException();

    public static void Serialize<T>(Stream stream, T value, MessagePackSerializerOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public static T Deserialize<T>(ReadOnlyMemory<byte> buffer, MessagePackSerializerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ((IMessageSerializer<T>)(object)Order.MessagePack).Deserialize(new MessagePayload(buffer), out T value);
        return value;
    }

    public static T Deserialize<T>(ReadOnlyMemory<byte> buffer, out int bytesRead, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public static T Deserialize<T>(ReadOnlyMemory<byte> buffer, MessagePackSerializerOptions? options, out int bytesRead, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public static T Deserialize<T>(in ReadOnlySequence<byte> byteSequence, MessagePackSerializerOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public static T Deserialize<T>(ref MessagePackReader reader, MessagePackSerializerOptions? options = null) => throw new NotSupportedException();

    public static T Deserialize<T>(Stream stream, MessagePackSerializerOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

internal sealed class MessagePackSerializerOptions;
