namespace ShmBus.Serialization;

/// <summary>Names of types as C# writes them, without blanks: <c>Prices.Tick</c>, <c>System.Collections.Generic.List&lt;Prices.Tick&gt;</c>.</summary>
internal static class ClrName
{
    internal static string Of(Type type)
    {
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }
        string name = type.IsNested ? $"{Of(type.DeclaringType!)}.{type.Name}" : type.Namespace is null ? type.Name : $"{type.Namespace}.{type.Name}";
        if (!type.IsGenericType)
        {
            return name;
        }
        int tick = name.LastIndexOf('`');
        string arguments = string.Join(',', type.GetGenericArguments().Select(Of));
        return $"{(tick < 0 ? name : name[..tick])}<{arguments}>";
    }
}
