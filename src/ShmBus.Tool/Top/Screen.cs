using System.Text;

namespace ShmBus.Tool.Top;

internal enum LineStyle
{
    Plain,
    Bold,
    Dim,
    Selected,
    Problem,
}

/// <summary>A line of the screen; what does not fit is cut off.</summary>
internal readonly record struct ScreenLine(string Text, LineStyle Style);

/// <summary>
/// The whole terminal, for as long as this is: the other screen, which leaves what was there before as it was. Only lines that changed are written.
/// </summary>
internal sealed class Screen : IDisposable
{
    private const string Begin = "\x1b[?1049h\x1b[?25l\x1b[?7l";
    private const string End = "\x1b[?7h\x1b[?25h\x1b[?1049l";

    private static readonly bool HasColors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private readonly Stream _terminal = Console.OpenStandardOutput();
    private List<ScreenLine> _shown = [];
    private (int, int) _size;

    internal Screen() => Write(Begin);

    /// <summary>Whether there is one, with keys.</summary>
    internal static bool Exists => !Console.IsOutputRedirected && !Console.IsInputRedirected && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";

    internal static int Width => Math.Max(Console.WindowWidth, 1);

    internal static int Height => Math.Max(Console.WindowHeight, 3);

    internal void Show(List<ScreenLine> lines)
    {
        (int Width, int) size = (Width, Height);
        StringBuilder text = new();
        if (size != _size)
        {
            text.Append("\x1b[2J");
            _shown = [];
            _size = size;
        }
        for (int i = 0; i < lines.Count; i++)
        {
            if (i >= _shown.Count || _shown[i] != lines[i])
            {
                string line = lines[i].Text.Length <= size.Width ? lines[i].Text : lines[i].Text[..size.Width];
                text.Append($"\x1b[{i + 1};1H").Append(Style(lines[i].Style)).Append(line).Append("\x1b[0m\x1b[K");
            }
        }
        _shown = lines;
        Write(text.ToString());
    }

    public void Dispose()
    {
        Write(End);
        _terminal.Dispose();
    }

    private static string Style(LineStyle style) => style switch
    {
        LineStyle.Bold => "\x1b[1m",
        LineStyle.Dim => "\x1b[2m",
        LineStyle.Selected => "\x1b[7m",
        LineStyle.Problem when HasColors => "\x1b[31m",
        _ => "",
    };

    private void Write(string text)
    {
        if (text.Length > 0)
        {
            _terminal.Write(Encoding.UTF8.GetBytes(text));
            _terminal.Flush();
        }
    }
}
