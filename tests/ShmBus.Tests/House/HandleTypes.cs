using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Text;
using System.Text.RegularExpressions;

namespace ShmBus.Tests.House;

/// <summary>Which types of its own assembly something in the metadata is made of.</summary>
internal sealed partial class HandleTypes(MetadataReader metadata) : ISignatureTypeProvider<IEnumerable<TypeName>, object?>
{
    private readonly Dictionary<string, TypeName> _byName = metadata.TypeDefinitions.ToDictionary(
        handle => FullName(metadata, handle), handle => OutermostName(metadata, handle));

    internal TypeName NameOf(TypeDefinitionHandle handle) => OutermostName(metadata, handle);

    /// <summary>The types that a handle leads to, be it a type, a member or a signature.</summary>
    internal IEnumerable<TypeName> Of(EntityHandle handle) => handle.IsNil ? [] : handle.Kind switch
    {
        HandleKind.TypeDefinition => [NameOf((TypeDefinitionHandle)handle)],
        HandleKind.TypeReference => [],
        HandleKind.TypeSpecification => metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null),
        HandleKind.FieldDefinition => [NameOf(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType())],
        HandleKind.MethodDefinition => [NameOf(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType())],
        HandleKind.MemberReference => OfMember(metadata.GetMemberReference((MemberReferenceHandle)handle)),
        HandleKind.MethodSpecification => OfMethod(metadata.GetMethodSpecification((MethodSpecificationHandle)handle)),
        HandleKind.StandaloneSignature => OfSignature(metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle)),
        _ => throw new InvalidOperationException($"What is a {handle.Kind} made of?"),
    };

    internal static IEnumerable<TypeName> Of(MethodSignature<IEnumerable<TypeName>> signature) =>
        [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(static type => type)];

    /// <summary>The types that the value of an attribute names: there a <c>typeof</c> is kept as the type's full name.</summary>
    internal IEnumerable<TypeName> NamedIn(byte[] attribute)
    {
        foreach (Match word in Word().Matches(Encoding.UTF8.GetString(attribute)))
        {
            if (_byName.TryGetValue(word.Value, out TypeName type))
            {
                yield return type;
            }
        }
    }

    private IEnumerable<TypeName> OfMember(MemberReference member) =>
    [
        .. Of(member.Parent),
        .. member.GetKind() == MemberReferenceKind.Field ? member.DecodeFieldSignature(this, null) : Of(member.DecodeMethodSignature(this, null)),
    ];

    private IEnumerable<TypeName> OfMethod(MethodSpecification method) =>
        [.. Of(method.Method), .. method.DecodeSignature(this, null).SelectMany(static type => type)];

    private IEnumerable<TypeName> OfSignature(StandaloneSignature signature) => signature.GetKind() == StandaloneSignatureKind.Method
        ? Of(signature.DecodeMethodSignature(this, null))
        : signature.DecodeLocalSignature(this, null).SelectMany(static type => type);

    IEnumerable<TypeName> ISimpleTypeProvider<IEnumerable<TypeName>>.GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [NameOf(handle)];
    IEnumerable<TypeName> ISimpleTypeProvider<IEnumerable<TypeName>>.GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => [];
    IEnumerable<TypeName> ISimpleTypeProvider<IEnumerable<TypeName>>.GetPrimitiveType(PrimitiveTypeCode typeCode) => [];
    IEnumerable<TypeName> ISignatureTypeProvider<IEnumerable<TypeName>, object?>.GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte rawTypeKind) => Of(handle);
    IEnumerable<TypeName> ISignatureTypeProvider<IEnumerable<TypeName>, object?>.GetGenericTypeParameter(object? context, int index) => [];
    IEnumerable<TypeName> ISignatureTypeProvider<IEnumerable<TypeName>, object?>.GetGenericMethodParameter(object? context, int index) => [];
    IEnumerable<TypeName> ISignatureTypeProvider<IEnumerable<TypeName>, object?>.GetFunctionPointerType(MethodSignature<IEnumerable<TypeName>> signature) => Of(signature);
    IEnumerable<TypeName> ISignatureTypeProvider<IEnumerable<TypeName>, object?>.GetModifiedType(IEnumerable<TypeName> modifier, IEnumerable<TypeName> type, bool isRequired) => [.. modifier, .. type];
    IEnumerable<TypeName> ISignatureTypeProvider<IEnumerable<TypeName>, object?>.GetPinnedType(IEnumerable<TypeName> type) => type;
    IEnumerable<TypeName> IConstructedTypeProvider<IEnumerable<TypeName>>.GetGenericInstantiation(IEnumerable<TypeName> type, ImmutableArray<IEnumerable<TypeName>> arguments) => [.. type, .. arguments.SelectMany(static each => each)];
    IEnumerable<TypeName> IConstructedTypeProvider<IEnumerable<TypeName>>.GetArrayType(IEnumerable<TypeName> type, ArrayShape shape) => type;
    IEnumerable<TypeName> IConstructedTypeProvider<IEnumerable<TypeName>>.GetByReferenceType(IEnumerable<TypeName> type) => type;
    IEnumerable<TypeName> IConstructedTypeProvider<IEnumerable<TypeName>>.GetPointerType(IEnumerable<TypeName> type) => type;
    IEnumerable<TypeName> ISZArrayTypeProvider<IEnumerable<TypeName>>.GetSZArrayType(IEnumerable<TypeName> type) => type;

    private static TypeName OutermostName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        return type.IsNested
            ? OutermostName(metadata, type.GetDeclaringType())
            : new TypeName(metadata.GetString(type.Namespace), metadata.GetString(type.Name));
    }

    private static string FullName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        string name = metadata.GetString(type.Name);
        return type.IsNested ? $"{FullName(metadata, type.GetDeclaringType())}+{name}" : new TypeName(metadata.GetString(type.Namespace), name).ToString();
    }

    [GeneratedRegex(@"[\w.+`<>]+")]
    private static partial Regex Word();
}
