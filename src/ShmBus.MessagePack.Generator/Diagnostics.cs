using Microsoft.CodeAnalysis;

namespace ShmBus.MessagePack.Generator;

/// <summary>What is said about types for which nothing, or not all, can be generated, and what to do about it.</summary>
internal static class Diagnostics
{
    internal static readonly DiagnosticDescriptor NotAccessible = Error(1, "Type is not accessible",
        "'{0}' cannot be reached from other types: make it, and the types around it, public or internal");

    internal static readonly DiagnosticDescriptor NoKey = Error(2, "Member has no key",
        "'{0}.{1}' is public and has no key: give it [Key], or [IgnoreMember] if it is not to be sent");

    internal static readonly DiagnosticDescriptor DuplicateKey = Error(3, "Key is used twice",
        "'{0}.{1}' has the key {2}, which '{3}' has too: give it another");

    internal static readonly DiagnosticDescriptor MixedKeys = Error(4, "Numbers and text as keys",
        "'{0}' has numbers and text as keys: use one of them for all members");

    internal static readonly DiagnosticDescriptor UnsupportedType = Error(5, "Type of the member is not supported",
        "'{0}.{1}' is of the type '{2}', which cannot be written: annotate that type with [MessagePackObject], use a supported one, or mark the member [IgnoreMember]");

    internal static readonly DiagnosticDescriptor NoConstructor = Error(6, "No constructor can be used",
        "'{0}' has no constructor that can be called with its members: {1}");

    internal static readonly DiagnosticDescriptor NotReadBack = Warning(7, "Member is written and not read back",
        "'{0}.{1}' is written and cannot be read back: give it a setter or a parameter of the constructor, or mark it [IgnoreMember]");

    internal static readonly DiagnosticDescriptor CaseNotAssignable = Error(8, "Type of the union is none",
        "'{1}' is not derived from '{0}', or does not implement it, and so cannot be in its union");

    internal static readonly DiagnosticDescriptor CaseNotAnnotated = Error(9, "Type of the union is not annotated",
        "'{1}' is in the union of '{0}' and is no concrete type with [MessagePackObject]: annotate it");

    internal static readonly DiagnosticDescriptor DuplicateCase = Error(10, "Number or type of the union is used twice",
        "'{1}' has the key {2} in the union of '{0}', and the key or the type is there already: each may be there once");

    internal static readonly DiagnosticDescriptor UnionOnConcreteType = Error(11, "Union on a concrete type",
        "'{0}' is neither an interface nor an abstract class: move [Union] to the type that the others have in common");

    internal static readonly DiagnosticDescriptor AbstractWithoutUnion = Error(12, "Abstract type without a union",
        "'{0}' is abstract, so nobody knows what to make of its messages: name the types that it stands for with [Union]");

    internal static readonly DiagnosticDescriptor GenericType = Info(13, "Generic type",
        "For '{0}' nothing is generated, since it is generic: name each type that it is used as, [assembly: MessagePackSerializable(typeof({1}))]");

    internal static readonly DiagnosticDescriptor OpenGeneric = Error(14, "Generic type without arguments",
        "'{0}' has no type arguments: name each type that it is used as");

    internal static readonly DiagnosticDescriptor OldLanguage = Info(15, "Version of C# is too old for extension members",
        "This is C# {0}: use the generated TypeMessagePack.Serializer, or set LangVersion to 14 for Type.MessagePack");

    internal static readonly DiagnosticDescriptor MultiDimensionalArray = Error(16, "Array of several dimensions",
        "'{0}.{1}' is an array of several dimensions: use an array of arrays");

    internal static readonly DiagnosticDescriptor LargeKey = Warning(17, "Key is large",
        "'{0}.{1}' has the key {2}, and each number below that is not used takes a byte of every message: use lower ones, or text");

    internal static readonly DiagnosticDescriptor KeyOutOfRange = Error(18, "Key is out of range",
        "'{0}.{1}' has the key {2}: keys are from 0 to {3}");

    internal static readonly DiagnosticDescriptor NotGenerated = Error(19, "Nothing is generated for the type of the member",
        "'{0}.{1}' needs code for '{2}', which is generic or of another assembly: add [assembly: MessagePackSerializable(typeof({2}))]");

    internal static readonly DiagnosticDescriptor NotAnnotated = Error(20, "Type is not annotated",
        "'{0}' has no [MessagePackObject] and no [Union]: annotate it, or make it a member of a type that is");

    internal static readonly DiagnosticDescriptor CustomFormatter = Error(21, "Formatters are not supported",
        "'{0}' has a [MessagePackFormatter], which is not called here: remove it, or use another type for the wire");

    internal static readonly DiagnosticDescriptor NotReachable = Error(22, "Member with a key cannot be reached",
        "'{0}.{1}' has a key and no getter that can be called: make it public or internal, or remove the key");

    internal static readonly DiagnosticDescriptor RefStruct = Error(23, "Ref struct",
        "'{0}' is a ref struct, which cannot be kept, and so cannot be a message: make it a struct");

    private static DiagnosticDescriptor Error(int id, string title, string message) => Create(id, title, message, DiagnosticSeverity.Error);

    private static DiagnosticDescriptor Warning(int id, string title, string message) => Create(id, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Info(int id, string title, string message) => Create(id, title, message, DiagnosticSeverity.Info);

    private static DiagnosticDescriptor Create(int id, string title, string message, DiagnosticSeverity severity) =>
        new($"SHMP{id:000}", title, message, "ShmBus.MessagePack", severity, isEnabledByDefault: true);
}
