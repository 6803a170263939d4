namespace ShmBus.MessagePack;

/// <summary>
/// Has the serializer of a type generated: <c>TickMessagePack</c> for <c>Tick</c>, and from C# 14 on <c>Tick.MessagePack</c>. The members
/// are written as an array, each at the place that its <see cref="KeyAttribute"/> says, or as a map, by names.
/// </summary>
/// <param name="keyAsPropertyName">Whether all public members are written, as a map by their names; then no member needs a key.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class MessagePackObjectAttribute(bool keyAsPropertyName = false) : Attribute
{
    /// <summary>Whether all public members are written, as a map by their names.</summary>
    public bool KeyAsPropertyName { get; } = keyAsPropertyName;
}
