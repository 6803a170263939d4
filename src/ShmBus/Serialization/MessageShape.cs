using System.Diagnostics.CodeAnalysis;

namespace ShmBus.Serialization;

/// <summary>
/// The shape of a contract, taken apart: <c>Order{0:guid,1:[Line]} Line{0:str,1:i32!} Kind(0:A,1:B)</c>. Definitions in the order in
/// which they stand, with the members of each.
/// </summary>
/// <remarks>The text may come from another process: what is not of this form is no shape, and all costs grow with its length only.</remarks>
internal sealed class MessageShape
{
    private readonly OrderedDictionary<string, Definition> _definitions;

    private MessageShape(OrderedDictionary<string, Definition> definitions) => _definitions = definitions;

    internal static bool TryParse(string text, [NotNullWhen(true)] out MessageShape? shape)
    {
        shape = null;
        OrderedDictionary<string, Definition> definitions = [];
        foreach (string part in text.Split(' '))
        {
            int open = part.IndexOfAny(['{', '(']);
            if (open <= 0 || part[^1] != (part[open] == '{' ? '}' : ')'))
            {
                return false;
            }
            Definition definition = new(part[..open], part[open] == '(');
            string inside = part[(open + 1)..^1];
            foreach (string member in inside.Length == 0 ? [] : inside.Split(','))
            {
                int colon = member.IndexOf(':');
                if (colon <= 0 || colon == member.Length - 1 || !definition.Members.TryAdd(member[..colon], member[(colon + 1)..]))
                {
                    return false;
                }
            }
            if (!definitions.TryAdd(definition.Name, definition))
            {
                return false;
            }
        }
        shape = new MessageShape(definitions);
        return true;
    }

    /// <summary>The first thing that keeps the two apart, or null.</summary>
    internal string? Difference(MessageShape other)
    {
        if (Message.Name != other.Message.Name)
        {
            return $"the message is {Message.Name} here and {other.Message.Name} there";
        }
        foreach (Definition mine in _definitions.Values)
        {
            string? difference = other._definitions.TryGetValue(mine.Name, out Definition? its) ? mine.Difference(its) : null;
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
        OrderedDictionary<string, Definition> joined = [];
        foreach (Definition mine in _definitions.Values)
        {
            joined.Add(mine.Name, mine.Join(other._definitions.GetValueOrDefault(mine.Name)));
        }
        foreach (Definition its in other._definitions.Values)
        {
            joined.TryAdd(its.Name, its);
        }
        return new MessageShape(joined);
    }

    public override string ToString() => string.Join(' ', _definitions.Values);

    /// <summary>What the message itself is: the first one.</summary>
    private Definition Message => _definitions.GetAt(0).Value;

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
            if (Respelled(other) is string difference)
            {
                return difference;
            }
            string? extra = other.Members.FirstOrDefault(member => !Members.ContainsKey(member.Key) && (isClosed || IsRequired(member.Value))).Key;
            if (extra is not null)
            {
                return $"{Name}.{extra} is missing here";
            }
            return isClosed && !Members.Keys.SequenceEqual(other.Members.Keys) ? $"the members of {Name} stand in another order there" : null;
        }

        /// <summary>
        /// A key that the other side writes in another way, as where only one of them begins names with a small letter: those are no additions,
        /// each side would skip what the other writes.
        /// </summary>
        private string? Respelled(Definition other)
        {
            Dictionary<string, string> theirs = [];
            foreach (string key in other.Members.Keys.Where(key => !Members.ContainsKey(key)))
            {
                theirs.TryAdd(Plain(key), key);
            }
            string? mine = theirs.Count == 0 ? null : Members.Keys.FirstOrDefault(key => !other.Members.ContainsKey(key) && theirs.ContainsKey(Plain(key)));
            return mine is null ? null : $"{Name}.{mine} is called {theirs[Plain(mine)]} there";
        }

        private static string Plain(string key) => string.Concat(key.Where(static c => c is not ('_' or '-'))).ToUpperInvariant();

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
