using System.Text;

namespace ShmBus.Tool.Output;

/// <summary>Columns of plain text, for people and for awk: no colour, no frame, and no line is ever cut or wrapped.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [headings];

    /// <summary>Adds a row: a cell for each heading. An empty cell is written as '-', so that awk counts the columns right.</summary>
    internal void Add(params string[] cells) => _rows.Add([.. cells.Select(static cell => cell.Length == 0 ? "-" : cell)]);

    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, headings.Length).Select(column => _rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                text.Append(i == row.Length - 1 ? row[i] : row[i].PadRight(widths[i] + 2));
            }
            text.Append('\n');
        }
        return text.ToString();
    }
}
