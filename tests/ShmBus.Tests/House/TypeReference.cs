namespace ShmBus.Tests.House;

/// <summary>One type of an assembly refers to another, or to a namespace, of the same assembly.</summary>
/// <param name="From">The referring type, the outermost one where types are nested.</param>
/// <param name="To">The type that is referred to, the outermost likewise; a namespace for a <c>using</c>.</param>
/// <param name="How">What kind of reference it is, and in which member.</param>
internal readonly record struct TypeReference(TypeName From, TypeName To, string How)
{
    public override string ToString() => $"{From} -> {To} ({How})";
}

/// <summary>The name of a type in a namespace; without a name, the namespace itself.</summary>
internal readonly record struct TypeName(string Namespace, string Name)
{
    public override string ToString() => Name.Length == 0 ? Namespace : $"{Namespace}.{Name}";
}
