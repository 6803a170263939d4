using System.Diagnostics.CodeAnalysis;

namespace ShmBus.Serialization;

/// <summary>
/// The shape of a contract, taken apart: <c>Order{0:guid,1:[Line]} Line{0:str,1:i32!} Kind(0:A,1:B)</c>. Definitions in the order in
/// which they stand, with the members of each.
/// </summary>
/// <remarks>The text may come from another process: what is not of this form, or too much, is no shape.</remarks>
internal sealed class MessageShape
{
    /// <summary>No text that a topic has room for comes near.</summary>
    private const int MostMembers = 65_536;

    private readonly List<Definition> _definitions;

    private MessageShape(List<Definition> definitions) => _definitions = definitions;

    internal static bool TryParse(string text, [NotNullWhen(true)] out MessageShape? shape)
    {
        shape = null;
        List<Definition> definitions = [];
        int count = 0;
        foreach (string part in text.Split(' '))
        {
            int open = part.IndexOfAny(['{', '(']);
            if (open <= 0 || part[^1] != (part[open] == '{' ? '}' : ')') || definitions.Exists(known => part.AsSpan(0, open).SequenceEqual(known.Name)))
            {
                return false;
            }
            Definition definition = new(part[..open], part[open] == '(');
            string inside = part[(open + 1)..^1];
            foreach (string member in inside.Length == 0 ? [] : inside.Split(','))
            {
                int colon = member.IndexOf(':');
                if (colon <= 0 || colon == member.Length - 1 || ++count > MostMembers || !definition.Members.TryAdd(member[..colon], member[(colon + 1)..]))
                {
                    return false;
                }
            }
            definitions.Add(definition);
        }
        shape = new MessageShape(definitions);
        return true;
    }

    /// <summary>The first thing that keeps the two apart, or null.</summary>
    internal string? Difference(MessageShape other)
    {
        if (_definitions[0].Name != other._definitions[0].Name)
        {
            return $"the message is {_definitions[0].Name} here and {other._definitions[0].Name} there";
        }
        foreach (Definition mine in _definitions)
        {
            Definition? its = other._definitions.Find(definition => definition.Name == mine.Name);
            string? difference = its is null ? null : mine.Difference(its);
            if (difference is not null)
            {
                return difference;
            }
        }
        return null;
    }

    /// <summary>The members of both; they do not differ.</summary>
    internal MessageShape Join(MessageShape other)
    {
        List<Definition> joined = [.. _definitions.Select(mine => mine.Join(other._definitions.Find(its => its.Name == mine.Name)))];
        joined.AddRange(other._definitions.Where(its => !_definitions.Exists(mine => mine.Name == its.Name)));
        return new MessageShape(joined);
    }

    public override string ToString() => string.Join(' ', _definitions);

    /// <summary>A type by name, with its members: key and type of each.</summary>
    private sealed class Definition(string name, bool isClosed)
    {
        internal string Name { get; } = name;

        internal OrderedDictionary<string, string> Members { get; private init; } = [];

        internal string? Difference(Definition other)
        {
            if (isClosed != other.IsClosed)
            {
                return $"{Name} may grow on one side only";
            }
            foreach ((string key, string type) in Members)
            {
                if (other.Members.TryGetValue(key, out string? its))
                {
                    if (its != type)
                    {
                        return $"{Name}.{key} is {type} here and {its} there";
                    }
                }
                else if (isClosed || IsRequired(type))
                {
                    return $"{Name}.{key} is missing there";
                }
            }
            string? extra = other.Members.FirstOrDefault(member => !Members.ContainsKey(member.Key) && (isClosed || IsRequired(member.Value))).Key;
            return extra is null ? isClosed && !Members.Keys.SequenceEqual(other.Members.Keys) ? $"the members of {Name} stand in another order there" : null
                : $"{Name}.{extra} is missing here";
        }

        internal Definition Join(Definition? other)
        {
            if (other is null)
            {
                return this;
            }
            OrderedDictionary<string, string> members = new(Members);
            foreach ((string key, string type) in other.Members)
            {
                members.TryAdd(key, type);
            }
            return new Definition(Name, isClosed) { Members = members };
        }

        public override string ToString() => $"{Name}{(isClosed ? '(' : '{')}{string.Join(',', Members.Select(static member => $"{member.Key}:{member.Value}"))}{(isClosed ? ')' : '}')}";

        private bool IsClosed => isClosed;

        private static bool IsRequired(string type) => type[^1] == '!';
    }
}
