using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ShmBus.Serialization;

/// <summary>The shape of a type as System.Text.Json writes it, by what its context knows.</summary>
internal sealed class JsonShape
{
    private static readonly HashSet<Type> Numbers =
    [
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(Int128), typeof(UInt128), typeof(Half), typeof(float), typeof(double), typeof(decimal),
    ];

    private readonly List<string> _definitions = [];
    private readonly HashSet<Type> _known = [];
    private readonly string? _home;

    private JsonShape(Type root) => _home = root.Namespace;

    internal static string Of(JsonTypeInfo root)
    {
        JsonShape shape = new(root.Type);
        string type = shape.Describe(root, root.NumberHandling);
        // A message that is no object stands alone: a list, a number.
        return string.Join(' ', root.Kind == JsonTypeInfoKind.Object ? shape._definitions : [$"Message(0:{type})", .. shape._definitions]);
    }

    /// <summary>What a type is called where it is a member; its own definition, and those of its members, are added.</summary>
    private string Describe(JsonTypeInfo info, JsonNumberHandling? numbers)
    {
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Enumerable when info.ElementType is not null:
                return $"[{Describe(info.Options.GetTypeInfo(info.ElementType), numbers)}]";
            case JsonTypeInfoKind.Dictionary when info.ElementType is not null:
                return $"map<{Name(info.KeyType ?? typeof(string))}:{Describe(info.Options.GetTypeInfo(info.ElementType), numbers)}>";
            case JsonTypeInfoKind.Object:
                if (_known.Add(info.Type))
                {
                    int place = _definitions.Count;
                    _definitions.Add("");
                    _definitions[place] = Define(info);
                }
                return Name(info.Type);
            default:
                return DescribeValue(info, numbers ?? info.NumberHandling ?? info.Options.NumberHandling);
        }
    }

    /// <summary>Numbers as text, and converters that are not the usual ones, change the wire, too; a converter is known by its type.</summary>
    private string DescribeValue(JsonTypeInfo info, JsonNumberHandling numbers)
    {
        Type value = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        if (info.Converter.GetType().Assembly != typeof(JsonConverter).Assembly)
        {
            return Name(info.Converter.GetType());
        }
        bool isText = value.IsEnum ? IsText(value, info) : Numbers.Contains(value) && (numbers & JsonNumberHandling.WriteAsString) != 0;
        return isText ? Name(info.Type) + "/string" : Name(info.Type);
    }

    /// <summary>Whether members of an enum are written by name, which only trying tells.</summary>
    private static bool IsText(Type type, JsonTypeInfo info)
    {
        Array values = Enum.GetValuesAsUnderlyingType(type);
        return values.Length > 0 && JsonSerializer.Serialize(Enum.ToObject(type, values.GetValue(0)!), info).StartsWith('"');
    }

    private string Define(JsonTypeInfo info)
    {
        // Who refuses members that it does not know refuses those that others add.
        bool isClosed = (info.UnmappedMemberHandling ?? info.Options.UnmappedMemberHandling) == JsonUnmappedMemberHandling.Disallow || info.PolymorphismOptions is not null;
        List<string> members = [];
        foreach (JsonPropertyInfo property in info.Properties)
        {
            if (property.IsExtensionData || (property.Get is null && property.Set is null))
            {
                continue;
            }
            string type = property.CustomConverter is JsonConverter converter ? Name(converter.GetType())
                : Describe(info.Options.GetTypeInfo(property.PropertyType), property.NumberHandling ?? info.NumberHandling);
            members.Add($"{Escape(property.Name)}:{type}{(property.IsRequired ? "!" : "")}");
        }
        foreach (JsonDerivedType derived in info.PolymorphismOptions?.DerivedTypes ?? [])
        {
            string tag = Convert.ToString(derived.TypeDiscriminator, CultureInfo.InvariantCulture) ?? "";
            members.Add($"${Escape(tag)}:{Describe(info.Options.GetTypeInfo(derived.DerivedType), numbers: null)}");
        }
        return $"{Name(info.Type)}{(isClosed ? '(' : '{')}{string.Join(',', members)}{(isClosed ? ')' : '}')}";
    }

    /// <summary>Without the commas of generic types, which part members.</summary>
    private string Name(Type type) => ClrName.Of(type, _home).Replace(',', ';');

    /// <summary>Names are the user's, and may be anything.</summary>
    private static string Escape(string name)
    {
        StringBuilder text = new(name.Length);
        foreach (char c in name)
        {
            _ = char.IsControl(c) || char.IsSurrogate(c) || c is ' ' or ',' or ':' or '{' or '}' or '(' or ')' or '%' ? text.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}") : text.Append(c);
        }
        return text.ToString();
    }
}
