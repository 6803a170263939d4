namespace ShmBus.Perf.Suites;

/// <summary>Lines up cells: the first column to the left, the others to the right.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _lines = [headings];

    public void Add(params string[] cells) => _lines.Add(cells);

    public void WriteTo(TextWriter output)
    {
        int[] widths = [.. headings.Select((_, column) => _lines.Max(line => line[column].Length))];
        foreach (string[] line in _lines)
        {
            output.WriteLine(string.Join("  ", line.Select((cell, column) =>
                column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
        }
    }
}
