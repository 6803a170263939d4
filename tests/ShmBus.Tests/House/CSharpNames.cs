using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace ShmBus.Tests.House;

/// <summary>Types, parameters and values as C# writes them. Names stand without their namespaces, but for those of the library.</summary>
internal static class CSharpNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
        [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
    };

    internal static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }
        if (type.IsGenericParameter)
        {
            return type.Name;
        }
        if (type.HasElementType)
        {
            return Of(type.GetElementType()!) + (type.IsArray ? $"[{new string(',', type.GetArrayRank() - 1)}]" : type.IsPointer ? "*" : "&");
        }
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }
        string scope = type.IsNested ? Of(type.DeclaringType!) + "."
            : type.Namespace?.StartsWith("ShmBus", StringComparison.Ordinal) == true ? type.Namespace + "."
            : "";
        string name = scope + type.Name.Split('`')[0];
        // Reflection counts those of the type around among the arguments of a nested one.
        Type[] arguments = [.. type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0)];
        return arguments.Length == 0 ? name : $"{name}<{string.Join(", ", arguments.Select(Of))}>";
    }

    internal static string Return(MethodInfo method) => method.ReturnType.IsByRef
        ? (method.ReturnParameter.IsDefined(typeof(IsReadOnlyAttribute), false) ? "ref readonly " : "ref ") + Of(method.ReturnType.GetElementType()!)
        : Of(method.ReturnType);

    internal static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(Parameter));

    /// <summary>The constraints on type parameters, each with a space before it.</summary>
    internal static string Constraints(Type[] arguments) => string.Concat(arguments.Where(static each => each.IsGenericParameter).Select(Constraint));

    internal static string Value(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Parameter(ParameterInfo parameter)
    {
        string kind = parameter.IsDefined(typeof(ParamArrayAttribute), false) || parameter.IsDefined(typeof(ParamCollectionAttribute), false) ? "params "
            : parameter.IsDefined(typeof(ScopedRefAttribute), false) ? "scoped " : "";
        Type type = parameter.ParameterType;
        if (type.IsByRef)
        {
            kind += parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
            type = type.GetElementType()!;
        }
        string value = parameter.HasDefaultValue ? $" = {Value(parameter.DefaultValue)}" : "";
        return $"{kind}{Of(type)} {parameter.Name}{value}";
    }

    private static string Constraint(Type argument)
    {
        GenericParameterAttributes flags = argument.GenericParameterAttributes;
        bool isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        List<string> words = [];
        if (isStruct)
        {
            words.Add("struct");
        }
        if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            words.Add("class");
        }
        words.AddRange(argument.GetGenericParameterConstraints().Where(static each => each != typeof(ValueType)).Select(Of).Order(StringComparer.Ordinal));
        if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
        {
            words.Add("new()");
        }
        if (flags.HasFlag(GenericParameterAttributes.AllowByRefLike))
        {
            words.Add("allows ref struct");
        }
        return words.Count == 0 ? "" : $" where {argument.Name} : {string.Join(", ", words)}";
    }
}
