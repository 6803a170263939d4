using System.Buffers;

namespace ShmBus.MessagePack.Tests;

internal delegate void Writing(ref MessagePackWriter writer);

/// <summary>The bytes that something writes.</summary>
internal static class Written
{
    internal static byte[] By(Writing write)
    {
        ArrayBufferWriter<byte> output = new();
        MessagePackWriter writer = new(output);
        write(ref writer);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    internal static string AsHex(Writing write) => Convert.ToHexStringLower(By(write));
}
