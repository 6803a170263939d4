using System.Text;

namespace ShmBus.Generator;

/// <summary>Lines of code, indented by their braces.</summary>
internal sealed class CodeText
{
    private readonly StringBuilder _text = new();
    private int _depth;

    internal void Line(string line = "") => _text.Append(' ', line.Length == 0 ? 0 : 4 * _depth).Append(line).Append('\n');

    internal void Open(string head)
    {
        Line(head);
        Line("{");
        _depth++;
    }

    internal void Close(string tail = "")
    {
        _depth--;
        Line("}" + tail);
    }

    /// <summary>A label of a switch and what belongs to it, until <see cref="EndCase"/>.</summary>
    internal void Case(string label)
    {
        Line(label + ":");
        _depth++;
    }

    internal void EndCase(string end = "break;")
    {
        Line(end);
        _depth--;
    }

    public override string ToString() => _text.ToString();
}
