using Microsoft.CodeAnalysis;

namespace ShmBus.MessagePack.Generator;

/// <summary>The attributes of this package, and those of MessagePack-CSharp, by their names.</summary>
internal static class Annotations
{
    internal const string Own = "ShmBus.MessagePack";
    internal const string Other = "MessagePack";
    internal const string Object = "MessagePackObjectAttribute";
    internal const string Union = "UnionAttribute";
    internal const string Serializable = "MessagePackSerializableAttribute";
    private const string Formatter = "MessagePackFormatterAttribute";

    internal static bool Is(AttributeData attribute, string name) =>
        attribute.AttributeClass is { } type && type.Name == name && type.ContainingNamespace.ToDisplayString() is Own or Other;

    internal static AttributeData? Find(ISymbol symbol, string name) => symbol.GetAttributes().FirstOrDefault(each => Is(each, name));

    internal static bool IsObject(ITypeSymbol type) => Find(type, Object) is not null;

    internal static bool IsUnion(ITypeSymbol type) => type is { TypeKind: TypeKind.Interface } or { IsAbstract: true } && Find(type, Union) is not null;

    internal static bool HasFormatter(ISymbol symbol) => Find(symbol, Formatter) is not null;

    internal static bool KeysAreNames(ITypeSymbol type) =>
        Find(type, Object) is { } attribute && attribute.ConstructorArguments.Any(static argument => argument.Value is true);

    internal static bool IsIgnored(ISymbol member) => member.GetAttributes().Any(static each => Is(each, "IgnoreMemberAttribute") ||
        each.AttributeClass?.ToDisplayString() == "System.Runtime.Serialization.IgnoreDataMemberAttribute");

    /// <summary>A number or a text; of the member that is overridden, if the one that does has none.</summary>
    internal static object? KeyOf(ISymbol member)
    {
        AttributeData? attribute = Find(member, "KeyAttribute");
        return attribute is not null ? attribute.ConstructorArguments.FirstOrDefault().Value
            : member is IPropertySymbol { OverriddenProperty: { } overridden } ? KeyOf(overridden) : null;
    }
}
