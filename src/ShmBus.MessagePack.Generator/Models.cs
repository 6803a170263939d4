namespace ShmBus.MessagePack.Generator;

// What is known of the types, without anything of the compiler's: equal as long as nothing changes that is generated from it.

internal enum ValueKind
{
    /// <summary>What writer and reader have a method for: <see cref="ValueModel.Method"/>.</summary>
    Basic,

    /// <summary>Memory of bytes, a struct: bin.</summary>
    Memory,
    Enum,
    Nullable,
    Array,

    /// <summary>A collection other than an array: <see cref="ValueModel.Method"/> is the class that is made.</summary>
    Sequence,
    Map,

    /// <summary>A tuple, or a pair of key and value: an array of as many.</summary>
    Tuple,

    /// <summary>An annotated type: <see cref="ValueModel.Method"/> is the class that has its methods.</summary>
    Object,
}

/// <param name="Type">As C# writes it, in full.</param>
/// <param name="MaxLength">The bytes that it takes at most, where that is few; else 0.</param>
/// <param name="IsNullable">A class that may be null by its annotation.</param>
/// <param name="Arguments">What it consists of.</param>
internal sealed record ValueModel(ValueKind Kind, string Type, bool IsValueType, bool IsNullable, string Method, int MaxLength, EquatableArray<ValueModel> Arguments);

internal enum MemberRole
{
    /// <summary>Set once the object is there.</summary>
    Settable,

    /// <summary>Set once the object is there, through the accessor that only initializers may call.</summary>
    InitOnly,

    /// <summary>Handed to the constructor.</summary>
    Parameter,

    /// <summary>Set in the initializer, because it must be.</summary>
    Required,

    /// <summary>Written, and not read.</summary>
    WriteOnly,
}

/// <param name="Index">The key if it is a number; else the place in the order of writing.</param>
/// <param name="Key">The key if it is text.</param>
/// <param name="Default">What it is if the key is missing, as C#; only of parameters.</param>
/// <param name="IsField">Not a property.</param>
/// <param name="DeclaringType">Where it is declared, in full.</param>
internal sealed record MemberModel(string Name, int Index, string? Key, ValueModel Value, MemberRole Role, string Default, bool IsField, string DeclaringType);

internal sealed record CaseModel(int Tag, ValueModel Value);

/// <param name="Namespace">Of the class that is generated; empty if none.</param>
/// <param name="Class">The name of that class.</param>
/// <param name="Name">For the contract, and for people.</param>
/// <param name="IsMap">Keys are text.</param>
/// <param name="Parameters">The members that the constructor takes, in its order.</param>
/// <param name="Callbacks">The interface of MessagePack-CSharp through which the type wants to know; empty if none.</param>
internal sealed record TypeModel(
    string Namespace, string Class, string Type, string Name, string Shape, bool IsPublic, bool IsValueType, bool IsMap,
    EquatableArray<MemberModel> Members, EquatableArray<string> Parameters, EquatableArray<CaseModel> Cases, bool IsUnion, string Callbacks)
{
    /// <summary>By the type, so that two that have one class are refused by the compiler, which says which.</summary>
    internal string FileName => $"{Name.Replace('<', '{').Replace('>', '}')}MessagePack.g.cs";
}
