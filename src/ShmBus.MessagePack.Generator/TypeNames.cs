using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ShmBus.MessagePack.Generator;

/// <summary>Types by name: in code, in contracts, in the names of classes.</summary>
internal static class TypeNames
{
    private static readonly SymbolDisplayFormat Code = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier)
        .RemoveMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    /// <summary>As code, in full; without a question mark of its own if it is a class, and with those of its arguments.</summary>
    internal static string InCode(ITypeSymbol type) => type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Code);

    /// <summary>As people read it.</summary>
    internal static string Of(ITypeSymbol type) => type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString();

    /// <summary>The full name without blanks, as contracts have it.</summary>
    internal static string InContract(ITypeSymbol type, char separator = ',') => type switch
    {
        IArrayTypeSymbol array => InContract(array.ElementType, separator) + "[]",
        INamedTypeSymbol named => $"{Outer(named, separator)}{named.Name}{Arguments(named, separator)}",
        _ => type.Name,
    };

    /// <summary>The class that is generated for a type: the types around it and its arguments are parts of its name.</summary>
    internal static string Class(INamedTypeSymbol type) => Flat(type) + "MessagePack";

    internal static string Namespace(ISymbol type) => type.ContainingNamespace is { IsGlobalNamespace: false } name
        ? name.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted)) : "";

    /// <summary>A name that may be a word of the language.</summary>
    internal static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    internal static string FullClass(INamedTypeSymbol type) => Namespace(type) is { Length: > 0 } name ? $"{name}.{Class(type)}" : Class(type);

    private static string Outer(INamedTypeSymbol type, char separator) =>
        type.ContainingType is { } outer ? InContract(outer, separator) + "." : Namespace(type) is { Length: > 0 } name ? name.Replace("@", "") + "." : "";

    private static string Arguments(INamedTypeSymbol type, char separator) =>
        type.TypeArguments.IsEmpty ? "" : $"<{string.Join($"{separator}", type.TypeArguments.Select(each => InContract(each, separator)))}>";

    private static string Flat(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => Flat(array.ElementType) + "Array",
        INamedTypeSymbol named => string.Join("_", [.. named.ContainingType is { } outer ? [Flat(outer)] : Array.Empty<string>(), named.Name, .. named.TypeArguments.Select(Flat)]),
        _ => type.Name,
    };
}
