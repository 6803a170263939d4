namespace ShmBus.MessagePack;

/// <summary>
/// Has the serializer of an annotated type generated in this assembly: of a generic type with its arguments, or of a type of an assembly
/// that was built without this package.
/// </summary>
/// <param name="type">The type.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class MessagePackSerializableAttribute(Type type) : Attribute
{
    /// <summary>The type.</summary>
    public Type Type { get; } = type;
}
