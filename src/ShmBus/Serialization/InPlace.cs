using System.Runtime.CompilerServices;

namespace ShmBus.Serialization;

/// <summary>Payloads as structs, where they stand.</summary>
internal static class InPlace
{
    internal static void CheckLength<T>(int length)
    {
        if (length != Unsafe.SizeOf<T>())
        {
            Throw(typeof(T), Unsafe.SizeOf<T>(), length);
        }
    }

    private static void Throw(Type type, int expected, int found) =>
        throw new MessageFormatException($"The message has {found} bytes, and {type} has {expected}: whoever wrote it means another type.");
}
