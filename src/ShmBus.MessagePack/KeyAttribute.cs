namespace ShmBus.MessagePack;

/// <summary>The key of a member on the wire, which stays when the member is renamed. The keys of one type are all numbers or all text.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class KeyAttribute : Attribute
{
    /// <summary>The place in an array. What lies between two keys is written as nil, one byte each.</summary>
    /// <param name="index">From 0; a key that is no longer used is best not used again.</param>
    public KeyAttribute(int index) => Index = index;

    /// <summary>The name in a map.</summary>
    /// <param name="name">The name.</param>
    public KeyAttribute(string name) => Name = name;

    /// <summary>The place, if it is one.</summary>
    public int? Index { get; }

    /// <summary>The name, if it is one.</summary>
    public string? Name { get; }
}
