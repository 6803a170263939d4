namespace ShmBus.MessagePack;

/// <summary>
/// One of the types that an interface or an abstract class stands for on the wire: an array of two, the key and the value. Whatever is no
/// type of the union is neither written nor read.
/// </summary>
/// <param name="key">The number that stands for the type.</param>
/// <param name="subType">The type, which has a <see cref="MessagePackObjectAttribute"/> of its own.</param>
[AttributeUsage(AttributeTargets.Interface | AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class UnionAttribute(int key, Type subType) : Attribute
{
    /// <summary>The number that stands for the type.</summary>
    public int Key { get; } = key;

    /// <summary>The type.</summary>
    public Type SubType { get; } = subType;
}
