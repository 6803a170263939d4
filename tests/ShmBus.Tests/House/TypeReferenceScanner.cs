using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ShmBus.Tests.House;

/// <summary>
/// Every reference from one type of an assembly to another, read from the metadata and the instructions that the compiler
/// wrote. A constant leaves none, because the compiler copies its value; so the <c>using</c> lines count too, which the debug
/// information keeps for each method.
/// </summary>
internal sealed class TypeReferenceScanner
{
    private readonly PEReader _image;
    private readonly MetadataReader _metadata;
    private readonly HandleTypes _types;
    private readonly HashSet<TypeReference> _found = [];
    private TypeName _from;

    private TypeReferenceScanner(PEReader image)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
        _types = new HandleTypes(_metadata);
    }

    internal static IReadOnlyCollection<TypeReference> Scan(string assembly)
    {
        using PEReader image = new(File.OpenRead(assembly));
        TypeReferenceScanner scanner = new(image);
        foreach (TypeDefinitionHandle type in scanner._metadata.TypeDefinitions)
        {
            scanner.ScanType(type);
        }
        if (!image.TryOpenAssociatedPortablePdb(assembly, File.OpenRead, out MetadataReaderProvider? symbols, out _))
        {
            throw new InvalidOperationException($"{assembly} has no debug information, in it or beside it.");
        }
        using (symbols)
        {
            scanner.ScanImports(symbols!.GetMetadataReader());
        }
        return scanner._found;
    }

    private void ScanType(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        _from = _types.NameOf(handle);
        Add(_types.Of(type.BaseType), "base type");
        foreach (InterfaceImplementationHandle each in type.GetInterfaceImplementations())
        {
            Add(_types.Of(_metadata.GetInterfaceImplementation(each).Interface), "interface");
        }
        ScanAttributes(type.GetCustomAttributes(), "the type");
        ScanGenericParameters(type.GetGenericParameters(), "the type");
        foreach (FieldDefinitionHandle each in type.GetFields())
        {
            FieldDefinition field = _metadata.GetFieldDefinition(each);
            string name = _metadata.GetString(field.Name);
            Add(field.DecodeSignature(_types, null), $"type of field {name}");
            ScanAttributes(field.GetCustomAttributes(), name);
        }
        foreach (PropertyDefinitionHandle each in type.GetProperties())
        {
            PropertyDefinition property = _metadata.GetPropertyDefinition(each);
            ScanAttributes(property.GetCustomAttributes(), _metadata.GetString(property.Name));
        }
        foreach (EventDefinitionHandle each in type.GetEvents())
        {
            EventDefinition @event = _metadata.GetEventDefinition(each);
            ScanAttributes(@event.GetCustomAttributes(), _metadata.GetString(@event.Name));
        }
        foreach (MethodDefinitionHandle each in type.GetMethods())
        {
            ScanMethod(_metadata.GetMethodDefinition(each));
        }
    }

    private void ScanMethod(MethodDefinition method)
    {
        string name = _metadata.GetString(method.Name);
        Add(HandleTypes.Of(method.DecodeSignature(_types, null)), $"signature of {name}");
        ScanAttributes(method.GetCustomAttributes(), name);
        ScanGenericParameters(method.GetGenericParameters(), name);
        foreach (ParameterHandle each in method.GetParameters())
        {
            ScanAttributes(_metadata.GetParameter(each).GetCustomAttributes(), name);
        }
        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }
        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            Add(_types.Of(body.LocalSignature), $"local in {name}");
        }
        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            Add(_types.Of(region.CatchType), $"catch in {name}");
        }
        foreach (EntityHandle operand in Instructions.Operands(body.GetILReader()))
        {
            Add(_types.Of(operand), $"code of {name}");
        }
    }

    private void ScanGenericParameters(GenericParameterHandleCollection parameters, string where)
    {
        foreach (GenericParameterHandle each in parameters)
        {
            GenericParameter parameter = _metadata.GetGenericParameter(each);
            ScanAttributes(parameter.GetCustomAttributes(), where);
            foreach (GenericParameterConstraintHandle constraint in parameter.GetConstraints())
            {
                Add(_types.Of(_metadata.GetGenericParameterConstraint(constraint).Type), $"constraint on {where}");
            }
        }
    }

    private void ScanAttributes(CustomAttributeHandleCollection attributes, string where)
    {
        foreach (CustomAttributeHandle each in attributes)
        {
            CustomAttribute attribute = _metadata.GetCustomAttribute(each);
            Add(_types.Of(attribute.Constructor), $"attribute on {where}");
            Add(_types.NamedIn(_metadata.GetBlobBytes(attribute.Value)), $"argument of an attribute on {where}");
        }
    }

    private void ScanImports(MetadataReader symbols)
    {
        foreach (LocalScopeHandle each in symbols.LocalScopes)
        {
            LocalScope scope = symbols.GetLocalScope(each);
            _from = _types.NameOf(_metadata.GetMethodDefinition(scope.Method).GetDeclaringType());
            for (ImportScopeHandle handle = scope.ImportScope; !handle.IsNil; handle = symbols.GetImportScope(handle).Parent)
            {
                foreach (ImportDefinition import in symbols.GetImportScope(handle).GetImports())
                {
                    if (import.Kind is ImportDefinitionKind.ImportNamespace or ImportDefinitionKind.AliasNamespace)
                    {
                        BlobReader name = symbols.GetBlobReader(import.TargetNamespace);
                        Add([new TypeName(name.ReadUTF8(name.Length), "")], "using");
                    }
                    else if (import.Kind is ImportDefinitionKind.ImportType or ImportDefinitionKind.AliasType)
                    {
                        Add(_types.Of(import.TargetType), "using");
                    }
                }
            }
        }
    }

    private void Add(IEnumerable<TypeName> types, string how)
    {
        foreach (TypeName to in types.Where(to => to != _from))
        {
            _found.Add(new TypeReference(_from, to, how));
        }
    }
}
