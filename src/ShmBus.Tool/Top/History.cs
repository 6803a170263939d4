namespace ShmBus.Tool.Top;

/// <summary>The last values of something, as a line of blocks.</summary>
internal sealed class History
{
    internal const int Length = 16;

    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const string Ascii = "_.:-=+*#";

    // A terminal that is not told to be UTF-8 would show each block as three characters.
    private static readonly string Levels =
        (Environment.GetEnvironmentVariable("LC_ALL") is { Length: > 0 } all ? all : Environment.GetEnvironmentVariable("LC_CTYPE") is { Length: > 0 } type ? type : Environment.GetEnvironmentVariable("LANG") ?? "")
        .Contains("UTF", StringComparison.OrdinalIgnoreCase) ? Blocks : Ascii;

    private readonly double[] _values = new double[Length];
    private int _count;

    internal void Add(double value) => _values[_count++ % Length] = value;

    /// <summary>The line, from old to new, in which a value of <paramref name="most"/> is a full block; without it, the greatest one is.</summary>
    internal string Draw(double? most = null)
    {
        int count = Math.Min(_count, Length);
        double full = Math.Max(most ?? _values.Max(), double.Epsilon);
        return string.Create(Length, (this, count, full), static (line, a) =>
        {
            line.Fill(' ');
            for (int i = 0; i < a.count; i++)
            {
                double value = a.Item1._values[(a.Item1._count - a.count + i) % Length];
                // What is not 0 is never drawn as 0.
                int level = value <= 0 ? 0 : Math.Clamp((int)Math.Ceiling(value / a.full * (Levels.Length - 1)), 1, Levels.Length - 1);
                line[Length - a.count + i] = Levels[level];
            }
        });
    }
}
