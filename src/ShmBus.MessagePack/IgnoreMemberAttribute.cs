namespace ShmBus.MessagePack;

/// <summary>Neither written nor read.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class IgnoreMemberAttribute : Attribute;
