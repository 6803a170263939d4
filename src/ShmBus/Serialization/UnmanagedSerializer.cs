using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus.Serialization;

/// <summary>Marks the serializer whose bytes are the value as it stands in memory, which endpoints copy without asking it.</summary>
internal interface IBytesOfValue;

/// <summary>Structs without references, as they stand in memory.</summary>
internal sealed class UnmanagedSerializer<T> : IMessageSerializer<T>, IBytesOfValue where T : unmanaged
{
    internal UnmanagedSerializer(string shape)
    {
        string size = $"{Unsafe.SizeOf<T>()}-bytes", fields = shape.Length > 0 ? shape : Fields;
        Contract = new MessageContract("unmanaged", ClrName.Of(typeof(T)), fields.Length == 0 ? size : $"{size} {fields}");
    }

    /// <summary>The fields of the struct, as the compiler found them; empty if it was not asked.</summary>
    internal static string Fields { get; set; } = "";

    public MessageContract Contract { get; }

    public int GetLength(in T message) => Unsafe.SizeOf<T>();

    public void Serialize(IBufferWriter<byte> output, in T message) =>
        output.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in message)));

    public void Deserialize(in MessagePayload payload, out T message)
    {
        InPlace.CheckLength<T>(payload.Span.Length);
        message = MemoryMarshal.Read<T>(payload.Span);
    }
}
