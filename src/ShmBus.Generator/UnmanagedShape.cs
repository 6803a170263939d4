using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;

namespace ShmBus.Generator;

/// <summary>
/// The fields of a struct as a contract has them: <c>(Id:long,Line:Line(Count:int,Kind:Side:byte),At:System.DateTime,Tag:byte[16])</c>.
/// The same text whether the struct is in the code or in an assembly; without a name of its own, since it stands behind that.
/// </summary>
/// <remarks>
/// What the framework has is known by its name. A struct that comes again is not told again: nested ones could make the text as long as they like.
/// Options of the layout stand behind the fields: <c>(Id@0:long,Price@0:double;pack=4;size=64)</c>.
/// </remarks>
internal sealed class UnmanagedShape
{
    private readonly string _home;
    private readonly Location _call;
    private readonly HashSet<string> _told = [];
    private readonly List<DiagnosticInfo> _diagnostics = [];

    /// <param name="root">The struct.</param>
    /// <param name="call">Where something is said about structs of other assemblies.</param>
    internal UnmanagedShape(INamedTypeSymbol root, Location call)
    {
        _home = IsOwn(root) ? Namespace(root) : "";
        _call = call;
        Text = IsOwn(root) ? Fields(root) : root.EnumUnderlyingType is { } number ? Name(number) : root.TypeArguments.IsEmpty ? "" : Value(root, root);
    }

    /// <summary>Empty if the name says it all.</summary>
    internal string Text { get; }

    internal IReadOnlyList<DiagnosticInfo> Diagnostics => _diagnostics;

    private string Fields(INamedTypeSymbol type)
    {
        DeclaredLayout layout = DeclaredLayout.Of(type);
        if (layout.Kind == LayoutKind.Auto)
        {
            Say(UnmanagedDiagnostics.AutoLayout, type);
        }
        AttributeData? inlineArray = type.GetAttributes().FirstOrDefault(static each => each.AttributeClass?.ToDisplayString() == "System.Runtime.CompilerServices.InlineArrayAttribute");
        string length = inlineArray is null ? "" : $"[{inlineArray.ConstructorArguments.FirstOrDefault().Value}]";
        string[] fields = [.. type.GetMembers().OfType<IFieldSymbol>().Where(static field => !field.IsStatic).Select(field =>
            $"{NameOf(field)}{(DeclaredLayout.OffsetOf(field) is int offset ? $"@{offset}" : "")}:{ValueOf(field)}{length}")];
        // The compiler gives a struct without fields a size of 1, which is only seen in assemblies.
        bool hasSize = layout.Size > (fields.Length == 0 ? 1 : 0);
        return $"({string.Join(",", fields)}{(layout.Kind == LayoutKind.Auto ? ";auto" : "")}{(layout.Pack > 0 ? $";pack={layout.Pack}" : "")}{(hasSize ? $";size={layout.Size}" : "")})";
    }

    private string ValueOf(IFieldSymbol field) => field is { IsFixedSizeBuffer: true, Type: IPointerTypeSymbol buffer }
        ? $"{Name(buffer.PointedAtType)}[{field.FixedSize}]" : Value(field.Type, field);

    /// <summary>A type as it stands in memory.</summary>
    private string Value(ITypeSymbol type, ISymbol owner)
    {
        if (type is IPointerTypeSymbol or IFunctionPointerTypeSymbol or { SpecialType: SpecialType.System_IntPtr or SpecialType.System_UIntPtr })
        {
            Say(UnmanagedDiagnostics.Pointer, owner, type.ToDisplayString());
        }
        if (IsKeyword(type) || type is not INamedTypeSymbol named)
        {
            return Name(type);
        }
        if (named.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T)
        {
            return Value(named.TypeArguments[0], owner) + "?";
        }
        if (named.EnumUnderlyingType is { } number)
        {
            return $"{Name(named)}:{Name(number)}";
        }
        if (!IsOwn(named))
        {
            return Name(named, argument => Value(argument, owner));
        }
        string name = Name(named);
        return _told.Add(name) ? name + Fields(named) : name;
    }

    /// <summary>As C# writes it, without blanks and commas.</summary>
    private string Name(ITypeSymbol type) => type switch
    {
        IPointerTypeSymbol pointer => Name(pointer.PointedAtType) + "*",
        IFunctionPointerTypeSymbol => "delegate*",
        IArrayTypeSymbol array => $"{Name(array.ElementType)}[{new string(';', array.Rank - 1)}]",
        IDynamicTypeSymbol => "object",
        _ when IsKeyword(type) => type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(),
        INamedTypeSymbol named => Name(named, Name),
        _ => type.Name,
    };

    private string Name(INamedTypeSymbol type, Func<ITypeSymbol, string> argument)
    {
        string home = Namespace(type);
        // None may have the name of one in the namespace of the message.
        string outer = type.ContainingType is { } containing ? Name(containing, argument) + "." : home == _home ? "" : home.Length == 0 ? "global." : home + ".";
        return $"{outer}{type.Name}{(type.TypeArguments.IsEmpty ? "" : $"<{string.Join(";", type.TypeArguments.Select(argument))}>")}";
    }

    /// <summary>A field by its property or parameter, if it has one: <c>&lt;Id&gt;k__BackingField</c>.</summary>
    private static string NameOf(IFieldSymbol field) =>
        field.Name[0] == '<' ? field.Name.Substring(1, field.Name.LastIndexOf('>') - 1).Replace(',', ';') : field.Name;

    private static bool IsKeyword(ITypeSymbol type) => type.SpecialType is SpecialType.System_Object or
        (>= SpecialType.System_Void and <= SpecialType.System_UIntPtr);

    private static bool IsOwn(INamedTypeSymbol type) => type.TypeKind == TypeKind.Struct && !IsKeyword(type) &&
        Namespace(type) is var name && name != "System" && !name.StartsWith("System.", StringComparison.Ordinal);

    private static string Namespace(ISymbol type) => type.ContainingNamespace is { IsGlobalNamespace: false } name ? name.ToDisplayString().Replace("@", "") : "";

    private void Say(DiagnosticDescriptor descriptor, ISymbol about, params string[] more)
    {
        string name = about is IFieldSymbol field ? $"{field.ContainingType.ToDisplayString()}.{NameOf(field)}" : about.ToDisplayString();
        _diagnostics.Add(DiagnosticInfo.Create(descriptor, about.Locations.FirstOrDefault(static place => place.IsInSource) ?? _call, [name, .. more]));
    }
}
