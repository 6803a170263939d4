using System.Globalization;

namespace ShmBus.TestPeer;

/// <summary>How often what happened, by name; sent from one process to the other as one line.</summary>
internal sealed class FuzzCounts
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    internal static FuzzCounts Parse(string line)
    {
        FuzzCounts counts = new();
        foreach (string[] pair in line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Split('=')))
        {
            counts.Add(pair[0], long.Parse(pair[1], CultureInfo.InvariantCulture));
        }
        return counts;
    }

    internal long this[string name] => _counts.GetValueOrDefault(name);

    internal void Add(string name, long count = 1) => _counts[name] = this[name] + count;

    internal void Add(FuzzCounts others)
    {
        foreach ((string name, long count) in others._counts)
        {
            Add(name, count);
        }
    }

    public override string ToString() => string.Join(' ', _counts.Select(static pair => $"{pair.Key}={pair.Value.ToString(CultureInfo.InvariantCulture)}"));
}
