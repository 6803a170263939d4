using System.Buffers;
using ShmBus.Serialization;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>Messages as bytes and back, as endpoints have them.</summary>
internal static class Wire
{
    internal static byte[] Bytes<T>(this IMessageSerializer<T> serializer, in T message)
    {
        ArrayBufferWriter<byte> output = new();
        serializer.Serialize(output, message);
        return output.WrittenSpan.ToArray();
    }

    internal static string Hex<T>(this IMessageSerializer<T> serializer, in T message) => Convert.ToHexStringLower(serializer.Bytes(message));

    internal static T Read<T>(this IMessageSerializer<T> serializer, byte[] bytes)
    {
        serializer.Deserialize(new MessagePayload(bytes), out T message);
        return message;
    }

    internal static T Read<T>(this IMessageSerializer<T> serializer, string hex) => serializer.Read(Convert.FromHexString(hex));

    internal static MessagePackException? Failure<T>(this IMessageSerializer<T> serializer, byte[] bytes)
    {
        try
        {
            _ = serializer.Read(bytes);
            return null;
        }
        catch (MessagePackException refused)
        {
            return refused;
        }
    }
}
