using System.Collections;
using System.Text;

namespace ShmBus.Tool.Output;

/// <summary>Lines of a name and a value each, the values below each other.</summary>
internal sealed class KeyValueText : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _lines = [];

    internal void Add(string name, string value) => _lines.Add(new(name, value));

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _lines.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString()
    {
        int width = _lines.Count == 0 ? 0 : _lines.Max(static line => line.Key.Length);
        StringBuilder text = new();
        foreach ((string name, string value) in _lines)
        {
            text.Append(name.PadRight(width)).Append("  ").Append(value).Append('\n');
        }
        return text.ToString();
    }
}
