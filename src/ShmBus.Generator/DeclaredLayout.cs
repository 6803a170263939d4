using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;

namespace ShmBus.Generator;

/// <summary>What <c>StructLayout</c> and <c>FieldOffset</c> say. The compiler shows these attributes in code only; from an assembly they are read here.</summary>
internal readonly record struct DeclaredLayout(LayoutKind Kind, int Pack, int Size)
{
    internal static DeclaredLayout Of(INamedTypeSymbol type)
    {
        if (type.ContainingModule.GetMetadata() is { } module)
        {
            TypeDefinition definition = module.GetMetadataReader().GetTypeDefinition((TypeDefinitionHandle)MetadataTokens.EntityHandle(type.OriginalDefinition.MetadataToken));
            TypeLayout layout = definition.GetLayout();
            return new DeclaredLayout((definition.Attributes & TypeAttributes.LayoutMask) switch
            {
                TypeAttributes.AutoLayout => LayoutKind.Auto,
                TypeAttributes.ExplicitLayout => LayoutKind.Explicit,
                _ => LayoutKind.Sequential,
            }, layout.PackingSize, layout.Size);
        }
        return Find(type, nameof(StructLayoutAttribute)) is { } attribute
            ? new DeclaredLayout((LayoutKind)Number(attribute.ConstructorArguments.FirstOrDefault()), Named(attribute, nameof(Pack)), Named(attribute, nameof(Size)))
            : new DeclaredLayout(LayoutKind.Sequential, 0, 0);
    }

    /// <summary>The offset that was given, or null.</summary>
    internal static int? OffsetOf(IFieldSymbol field)
    {
        if (field.ContainingModule.GetMetadata() is { } module)
        {
            int offset = module.GetMetadataReader().GetFieldDefinition((FieldDefinitionHandle)MetadataTokens.EntityHandle(field.OriginalDefinition.MetadataToken)).GetOffset();
            return offset < 0 ? null : offset;
        }
        return Find(field, nameof(FieldOffsetAttribute)) is { } attribute ? Number(attribute.ConstructorArguments.FirstOrDefault()) : null;
    }

    private static AttributeData? Find(ISymbol symbol, string name) => symbol.GetAttributes()
        .FirstOrDefault(each => each.AttributeClass?.Name == name && each.AttributeClass.ContainingNamespace.ToDisplayString() == "System.Runtime.InteropServices");

    private static int Named(AttributeData attribute, string name) => Number(attribute.NamedArguments.FirstOrDefault(each => each.Key == name).Value);

    private static int Number(TypedConstant constant) => constant is { Kind: TypedConstantKind.Primitive or TypedConstantKind.Enum, Value: { } value }
        ? Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture) : 0;
}
