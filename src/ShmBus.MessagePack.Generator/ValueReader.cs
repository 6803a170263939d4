using Microsoft.CodeAnalysis;

namespace ShmBus.MessagePack.Generator;

/// <summary>What a type is on the wire, by its symbol.</summary>
internal sealed class ValueReader(Compilation compilation)
{
    private const string Collections = "System.Collections.Generic.";
    private const string Immutable = "System.Collections.Immutable.";

    private static readonly Dictionary<SpecialType, (string Method, int MaxLength, string Shape)> Special = new()
    {
        [SpecialType.System_Boolean] = ("Boolean", 1, "bool"),
        [SpecialType.System_SByte] = ("SByte", 5, "i8"),
        [SpecialType.System_Byte] = ("Byte", 5, "u8"),
        [SpecialType.System_Int16] = ("Int16", 5, "i16"),
        [SpecialType.System_UInt16] = ("UInt16", 5, "u16"),
        [SpecialType.System_Int32] = ("Int32", 5, "i32"),
        [SpecialType.System_UInt32] = ("UInt32", 5, "u32"),
        [SpecialType.System_Int64] = ("Int64", 9, "i64"),
        [SpecialType.System_UInt64] = ("UInt64", 9, "u64"),
        [SpecialType.System_Single] = ("Single", 5, "f32"),
        [SpecialType.System_Double] = ("Double", 9, "f64"),
        [SpecialType.System_Char] = ("Char", 5, "char"),
        [SpecialType.System_String] = ("String", 0, "str"),
        [SpecialType.System_Decimal] = ("Decimal", 0, "decimal"),
        [SpecialType.System_DateTime] = ("DateTime", 0, "datetime"),
    };

    private static readonly Dictionary<string, (string Method, string Shape)> Basic = new()
    {
        ["System.Guid"] = ("Guid", "guid"),
        ["System.DateTimeOffset"] = ("DateTimeOffset", "datetimeoffset"),
        ["System.TimeSpan"] = ("TimeSpan", "timespan"),
        ["System.DateOnly"] = ("DateOnly", "date"),
        ["System.TimeOnly"] = ("TimeOnly", "time"),
        ["System.Uri"] = ("Uri", "uri"),
        ["System.Version"] = ("Version", "version"),
        ["System.Numerics.BigInteger"] = ("BigInteger", "bigint"),
    };

    private static readonly HashSet<string> Memories = ["System.Memory<T>", "System.ReadOnlyMemory<T>", "System.ArraySegment<T>"];

    /// <summary>The class that is made for a collection.</summary>
    private static readonly Dictionary<string, string> Sequences = new()
    {
        [Collections + "List<T>"] = "List",
        [Collections + "IList<T>"] = "List",
        [Collections + "ICollection<T>"] = "List",
        [Collections + "IEnumerable<T>"] = "List",
        [Collections + "IReadOnlyList<T>"] = "List",
        [Collections + "IReadOnlyCollection<T>"] = "List",
        [Collections + "HashSet<T>"] = "HashSet",
        [Collections + "ISet<T>"] = "HashSet",
        [Collections + "IReadOnlySet<T>"] = "HashSet",
        [Collections + "SortedSet<T>"] = "SortedSet",
        [Collections + "Queue<T>"] = "Queue",
        [Collections + "Stack<T>"] = "Stack",
        [Collections + "LinkedList<T>"] = "LinkedList",
        [Immutable + "ImmutableArray<T>"] = "ImmutableArray",
        [Immutable + "ImmutableList<T>"] = "ImmutableList",
        [Immutable + "ImmutableHashSet<T>"] = "ImmutableHashSet",
    };

    private static readonly Dictionary<string, string> Maps = new()
    {
        [Collections + "Dictionary<TKey, TValue>"] = "Dictionary",
        [Collections + "IDictionary<TKey, TValue>"] = "Dictionary",
        [Collections + "IReadOnlyDictionary<TKey, TValue>"] = "Dictionary",
        [Collections + "SortedDictionary<TKey, TValue>"] = "SortedDictionary",
        [Immutable + "ImmutableDictionary<TKey, TValue>"] = "ImmutableDictionary",
    };

    /// <summary>The type, and what keeps it from being written: the diagnostic, and the type that it is about.</summary>
    internal ValueModel? Read(ITypeSymbol type, out DiagnosticDescriptor? refused, out ITypeSymbol about)
    {
        refused = null;
        about = type;
        string definition = type.OriginalDefinition.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString();
        if (Special.TryGetValue(type.SpecialType, out (string Method, int MaxLength, string Shape) special))
        {
            return Model(type, ValueKind.Basic, special.Method, special.MaxLength);
        }
        if (Basic.TryGetValue(definition, out (string Method, string Shape) basic))
        {
            return Model(type, ValueKind.Basic, basic.Method);
        }
        switch (type)
        {
            case IArrayTypeSymbol { IsSZArray: false }:
                refused = Diagnostics.MultiDimensionalArray;
                return null;
            case IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_Byte }:
                return Model(type, ValueKind.Basic, "ByteArray");
            case IArrayTypeSymbol array:
                return Of(type, ValueKind.Array, "", [array.ElementType], out refused, out about);
            case INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } underlying }:
                ValueModel integer = Read(underlying, out _, out _)!;
                return Model(type, ValueKind.Enum, integer.Method, integer.MaxLength, [integer]);
            case INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable:
                return Of(type, ValueKind.Nullable, "", nullable.TypeArguments, out refused, out about);
            case INamedTypeSymbol named when Memories.Contains(definition) && named.TypeArguments[0].SpecialType == SpecialType.System_Byte:
                return Model(type, ValueKind.Memory, named.Name);
            case INamedTypeSymbol named when Sequences.TryGetValue(definition, out string? made):
                return Of(type, ValueKind.Sequence, made, named.TypeArguments, out refused, out about);
            case INamedTypeSymbol named when Maps.TryGetValue(definition, out string? made):
                return Of(type, ValueKind.Map, made, named.TypeArguments, out refused, out about);
            case INamedTypeSymbol named when IsTuple(named):
                return Of(type, ValueKind.Tuple, named.Name, named.TypeArguments, out refused, out about);
            case INamedTypeSymbol named when Annotations.IsObject(type) || Annotations.IsUnion(type):
                refused = Annotations.HasFormatter(type) ? Diagnostics.CustomFormatter : IsGenerated(named) ? null : Diagnostics.NotGenerated;
                return refused is null ? Model(type, ValueKind.Object, "global::" + TypeNames.FullClass(named)) : null;
            default:
                refused = Diagnostics.UnsupportedType;
                return null;
        }
    }

    /// <summary>What the wire has of a type, in the words of a contract; <paramref name="describe"/> for what it consists of.</summary>
    internal static string? Shape(ITypeSymbol type, Func<ITypeSymbol, string> describe)
    {
        string definition = type.OriginalDefinition.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString();
        return Special.TryGetValue(type.SpecialType, out (string, int, string Shape) special) ? special.Shape
            : Basic.TryGetValue(definition, out (string, string Shape) basic) ? basic.Shape
            : type switch
            {
                IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_Byte } => "bin",
                IArrayTypeSymbol array => $"[{describe(array.ElementType)}]",
                INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } underlying } => describe(underlying),
                INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable => describe(nullable.TypeArguments[0]) + "?",
                INamedTypeSymbol when Memories.Contains(definition) => "bin",
                INamedTypeSymbol named when Sequences.ContainsKey(definition) => $"[{describe(named.TypeArguments[0])}]",
                INamedTypeSymbol named when Maps.ContainsKey(definition) => $"map<{describe(named.TypeArguments[0])}:{describe(named.TypeArguments[1])}>",
                INamedTypeSymbol named when IsTuple(named) => $"tuple<{string.Join(";", named.TypeArguments.Select(describe))}>",
                _ => null,
            };
    }

    private static bool IsTuple(INamedTypeSymbol type) => type.TypeArguments.Length > 0 &&
        (type.ContainingNamespace.ToDisplayString() == "System" && type.Name is "ValueTuple" or "Tuple" ||
        type.OriginalDefinition.ToDisplayString() == Collections + "KeyValuePair<TKey, TValue>");

    /// <summary>Whether there is, or will be, a class with its methods: here, or in the assembly that it is of.</summary>
    private bool IsGenerated(INamedTypeSymbol type)
    {
        if (SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly) && !IsGeneric(type))
        {
            return true;
        }
        return compilation.Assembly.GetAttributes().Any(each => Annotations.Is(each, Annotations.Serializable) && each.ConstructorArguments.Length == 1 &&
                SymbolEqualityComparer.Default.Equals(each.ConstructorArguments[0].Value as ITypeSymbol, type)) ||
            type.ContainingAssembly.GetTypeByMetadataName(TypeNames.FullClass(type).Replace("@", "")) is { } generated && compilation.IsSymbolAccessibleWithin(generated, compilation.Assembly);
    }

    internal static bool IsGeneric(INamedTypeSymbol? type) => type is not null && (type.IsGenericType || IsGeneric(type.ContainingType));

    private ValueModel? Of(ITypeSymbol type, ValueKind kind, string method, IEnumerable<ITypeSymbol> arguments, out DiagnosticDescriptor? refused, out ITypeSymbol about)
    {
        refused = null;
        about = type;
        List<ValueModel> models = [];
        foreach (ITypeSymbol argument in arguments)
        {
            if (Read(argument, out refused, out about) is not { } model)
            {
                return null;
            }
            models.Add(model);
        }
        return Model(type, kind, method, 0, [.. models]);
    }

    private static ValueModel Model(ITypeSymbol type, ValueKind kind, string method, int maxLength = 0, params ValueModel[] arguments) =>
        new(kind, TypeNames.InCode(type), type.IsValueType, type.NullableAnnotation == NullableAnnotation.Annotated, method, maxLength, arguments.ToEquatable());
}
