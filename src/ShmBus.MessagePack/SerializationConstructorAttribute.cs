namespace ShmBus.MessagePack;

/// <summary>The constructor that reading calls. Without it: the public one with the most parameters that are all members of the type.</summary>
[AttributeUsage(AttributeTargets.Constructor)]
public sealed class SerializationConstructorAttribute : Attribute;
