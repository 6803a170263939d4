namespace ShmBus.Serialization;

/// <summary>Names of types as C# writes them, without blanks: <c>Prices.Tick</c>, <c>int?</c>, <c>System.Collections.Generic.List&lt;Prices.Tick&gt;</c>.</summary>
internal static class ClrName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(char)] = "char",
        [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint",
        [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double",
        [typeof(decimal)] = "decimal", [typeof(string)] = "string", [typeof(object)] = "object",
    };

    /// <summary>The name of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="home">A namespace that goes without saying; then it is none that does not.</param>
    internal static string Of(Type type, string? home = null)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }
        if (Nullable.GetUnderlyingType(type) is Type value)
        {
            return Of(value, home) + "?";
        }
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, home)}[{new string(',', type.GetArrayRank() - 1)}]";
        }
        string name = type.IsNested ? $"{Of(type.DeclaringType!, home)}.{type.Name}" : type.Namespace == home ? type.Name : $"{type.Namespace ?? "global"}.{type.Name}";
        if (!type.IsGenericType)
        {
            return name;
        }
        int tick = name.LastIndexOf('`');
        string arguments = string.Join(',', type.GetGenericArguments().Select(argument => Of(argument, home)));
        return $"{(tick < 0 ? name : name[..tick])}<{arguments}>";
    }
}
