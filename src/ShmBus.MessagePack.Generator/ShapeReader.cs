using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;

namespace ShmBus.MessagePack.Generator;

/// <summary>
/// The shape of a message, as its contract has it: <c>Order{0:guid,1:[Line]} Line{0:str,1:i32}</c>. The definitions stand in the order
/// in which the members lead to them; a type of the namespace of the message goes by its name alone.
/// </summary>
internal sealed class ShapeReader(ObjectReader objects, string home)
{
    /// <summary>Keeps types that are written as maps from others of the name that are written as arrays, which have other keys and so would go together.</summary>
    private const string Map = "*:map!";

    private readonly List<string> _definitions = [];
    private readonly HashSet<string> _known = [];

    internal string Read(INamedTypeSymbol root)
    {
        _ = Describe(root);
        return string.Join(" ", _definitions);
    }

    private string Describe(ITypeSymbol type)
    {
        if (ValueReader.Shape(type, Describe) is { } shape)
        {
            return shape;
        }
        string name = TypeNames.InContract(type, ';');
        // Whatever has the name of another one in the namespace of the message must differ.
        string itsHome = TypeNames.Namespace(type).Replace("@", "");
        name = home.Length == 0 ? name : itsHome == home ? name.Substring(home.Length + 1) : itsHome.Length == 0 ? "global." + name : name;
        if (type is INamedTypeSymbol named && _known.Add(name))
        {
            int place = _definitions.Count;
            _definitions.Add("");
            _definitions[place] = name + Define(named);
        }
        return name;
    }

    private string Define(INamedTypeSymbol type)
    {
        if (Annotations.IsUnion(type))
        {
            return $"({string.Join(",", objects.FindCases(type).Select(each => $"{Escape(each.Tag)}:{Describe(each.Type)}"))})";
        }
        List<ObjectReader.Member> members = objects.FindMembers(type);
        IEnumerable<string> form = ObjectReader.IsMap(type, members) ? [Map] : [];
        return $"{{{string.Join(",", form.Concat(members.Select(each => $"{Escape(each.Key)}:{Describe(each.Type)}")))}}}";
    }

    /// <summary>Names are the user's, and may be anything.</summary>
    private static string Escape(object key)
    {
        StringBuilder text = new();
        foreach (char c in Convert.ToString(key, CultureInfo.InvariantCulture))
        {
            _ = c <= ' ' || c is ',' or ':' or '{' or '}' or '(' or ')' or '%' or '*' || char.IsControl(c) || char.IsSurrogate(c) ? text.AppendFormat(CultureInfo.InvariantCulture, "%{0:X2}", (int)c) : text.Append(c);
        }
        return text.ToString();
    }
}
