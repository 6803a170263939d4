using System.Buffers;
using System.ComponentModel;
using System.Text.Json.Serialization.Metadata;

namespace ShmBus.Serialization;

/// <summary>The serializers of this package, and how to plug in another.</summary>
public static class MessageSerializer
{
    /// <summary>Bytes as they are. A message that is read is an array of its own; to read in place, use an untyped <see cref="Subscriber"/>.</summary>
    public static IMessageSerializer<ReadOnlyMemory<byte>> Bytes { get; } = new BytesSerializer();

    /// <summary>Text as UTF-8. What is no proper text is refused, on both sides.</summary>
    public static IMessageSerializer<string> Utf8 { get; } = new Utf8Serializer();

    /// <summary>
    /// A struct without references, copied as it stands in memory: the fastest way, with nothing to allocate. Where the message is read
    /// nothing of it is checked but its length.
    /// </summary>
    /// <typeparam name="T">
    /// The struct. What its contract says of its fields is found when the call is compiled: names, types, order and layout. Where the
    /// call is for a type parameter, or nothing is found because the struct is private, only the size is compared. What stands between
    /// fields is whatever was in memory.
    /// </typeparam>
    /// <param name="shape">
    /// In the place of the fields, what tells one version of the struct from another: for processes whose structs are laid out alike and do not
    /// have the same names.
    /// </param>
    /// <returns>The serializer.</returns>
    public static IMessageSerializer<T> Unmanaged<T>(string shape = "") where T : unmanaged => new UnmanagedSerializer<T>(shape);

    /// <summary>Says what the fields of a struct are. Generated code calls it, when the assembly that uses the struct is loaded.</summary>
    /// <typeparam name="T">The struct.</typeparam>
    /// <param name="fields">Its fields, as contracts have them.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Describe<T>(string fields) where T : unmanaged => UnmanagedSerializer<T>.Fields = fields;

    /// <summary>JSON by System.Text.Json, of a source-generated context: <c>MessageSerializer.Json(MyContext.Default.Order)</c>.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="typeInfo">What the context knows of the type.</param>
    /// <returns>The serializer. Members that one side does not know are skipped or keep their defaults, as the context says.</returns>
    public static IMessageSerializer<T> Json<T>(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return new JsonMessageSerializer<T>(typeInfo);
    }

    /// <summary>Any other serializer, by two delegates.</summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="contract">What to call the format and the type, and what tells one version of it from another.</param>
    /// <param name="serialize">Writes a message.</param>
    /// <param name="deserialize">Reads a message. See <see cref="MessagePayload"/> for how long its bytes are there.</param>
    /// <returns>The serializer.</returns>
    public static IMessageSerializer<T> Create<T>(MessageContract contract, Action<IBufferWriter<byte>, T> serialize, PayloadReader<T> deserialize)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(serialize);
        ArgumentNullException.ThrowIfNull(deserialize);
        return new DelegateSerializer<T>(contract, serialize, deserialize);
    }

    /// <summary>
    /// The same serializer, with another name for the type in its contract: for processes that have types of their own, in namespaces of their own, for
    /// the same messages. The types of their members go by their own names still.
    /// </summary>
    /// <typeparam name="T">The type of the messages.</typeparam>
    /// <param name="serializer">The serializer.</param>
    /// <param name="name">The name that all sides use, without blanks and brackets; or the full name that the type has on the other sides.</param>
    /// <returns>The serializer.</returns>
    /// <exception cref="ArgumentException">It cannot be a name.</exception>
    public static IMessageSerializer<T> WithName<T>(this IMessageSerializer<T> serializer, string name)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.IndexOfAny([.. "{}(),:"]) >= 0)
        {
            throw new ArgumentException($"'{name}' has brackets, commas or colons.", nameof(name));
        }
        MessageContract contract = serializer.Contract.Renamed(name);
        return serializer is IBytesOfValue ? new NamedBytesSerializer<T>(serializer, contract) : new NamedSerializer<T>(serializer, contract);
    }

    private class NamedSerializer<T>(IMessageSerializer<T> serializer, MessageContract contract) : IMessageSerializer<T>
    {
        public MessageContract Contract => contract;

        public int GetLength(in T message) => serializer.GetLength(message);

        public void Serialize(IBufferWriter<byte> output, in T message) => serializer.Serialize(output, message);

        public void Deserialize(in MessagePayload payload, out T message) => serializer.Deserialize(payload, out message);
    }

    private sealed class NamedBytesSerializer<T>(IMessageSerializer<T> serializer, MessageContract contract)
        : NamedSerializer<T>(serializer, contract), IBytesOfValue;

    private sealed class DelegateSerializer<T>(MessageContract contract, Action<IBufferWriter<byte>, T> serialize, PayloadReader<T> deserialize)
        : IMessageSerializer<T>
    {
        public MessageContract Contract => contract;

        public void Serialize(IBufferWriter<byte> output, in T message) => serialize(output, message);

        public void Deserialize(in MessagePayload payload, out T message) => message = deserialize(payload);
    }
}

/// <summary>Reads a message.</summary>
/// <typeparam name="T">The type of the message.</typeparam>
/// <param name="payload">Its bytes; valid until this returns.</param>
/// <returns>The message.</returns>
public delegate T PayloadReader<out T>(MessagePayload payload);
