using System.Buffers;

namespace ShmBus.Serialization;

/// <summary>
/// Turns messages of a type into bytes and back. <see cref="MessageSerializer"/> has those of this package, and makes one of two delegates.
/// </summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>Any number of endpoints, on any threads, use one serializer at once.</remarks>
public interface IMessageSerializer<T>
{
    /// <summary>What its messages look like. A topic takes only endpoints whose contracts agree.</summary>
    MessageContract Contract { get; }

    /// <summary>
    /// How many bytes <see cref="Serialize"/> will write, where that is known without writing them; -1 where not, and then it is asked no
    /// more, and as long as the longest of late is expected.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <returns>The bytes, or -1.</returns>
    int GetLength(in T message) => -1;

    /// <summary>
    /// Writes a message. Where it is expected to be long, the output is the ring itself, where nobody sees beyond this message until it is
    /// written. While a publisher has no room, it may ask for the same message again.
    /// </summary>
    /// <param name="output">Where the bytes go. Its memory is not to be touched after this has returned.</param>
    /// <param name="message">The message.</param>
    void Serialize(IBufferWriter<byte> output, in T message);

    /// <summary>Reads a message. Its bytes may come from a process that is not to be trusted.</summary>
    /// <param name="payload">The bytes, as a rule where they stand in the ring; valid until this returns.</param>
    /// <param name="message">The message. Not returned, so that a struct is made where it is wanted.</param>
    void Deserialize(in MessagePayload payload, out T message);
}
