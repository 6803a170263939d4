namespace ShmBus.Perf.Reporting;

/// <summary>One line, or one row, of a chart.</summary>
internal sealed record Series(string Name, IReadOnlyList<Point> Points);

/// <summary>One figure of a series.</summary>
internal readonly record struct Point(double X, double Y);

/// <summary>What a picture shows; the table beneath it says the same.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Measure">What the figures are, and their unit.</param>
/// <param name="Marks">The values on the other axis, in order, each with its name.</param>
/// <param name="MarksName">What these are.</param>
/// <param name="Series">In the order of the catalog; a figure may be missing anywhere.</param>
/// <param name="Text">A figure for people.</param>
internal sealed record Chart(
    string Title, string Measure, IReadOnlyList<Mark> Marks, string MarksName, IReadOnlyList<Series> Series, Func<double, string> Text)
{
    /// <summary>Whether the marks are as far apart as their logarithms.</summary>
    public bool HasLogMarks { get; init; }

    /// <summary>Whether the figures begin at 0, as amounts do that may be nothing.</summary>
    public bool IsFromZero { get; init; }

    /// <summary>Whether it has no course, but one row for each series with a dot for each mark.</summary>
    public bool IsDots { get; init; }

    public bool HasFigures => Series.Any(series => series.Points.Count > 0);

    /// <summary>The same by a reference: 1 is what it has in the same run. Nothing where there is none.</summary>
    public Chart? RelativeTo(string reference)
    {
        if (Series.FirstOrDefault(series => series.Name == reference) is not { } against)
            return null;
        Dictionary<double, double> ones = against.Points.Where(point => point.Y > 0).ToDictionary(point => point.X, point => point.Y);
        Chart relative = this with
        {
            Title = $"{Title}, relative to {reference}",
            Measure = $"{Measure}, as a multiple of {reference}'s",
            Series = [.. Series
                .Select(series => series with { Points = [.. series.Points.Where(point => ones.ContainsKey(point.X)).Select(point => point with { Y = point.Y / ones[point.X] })] })
                .Where(series => series.Points.Count > 0)],
            Text = Figure.Ratio,
            IsFromZero = false,
        };
        return relative.Series.Count > 1 ? relative : null;
    }

    public Table Table => new(
        Title,
        [MarksName, .. Marks.Select(mark => mark.Name)],
        [.. Series.Select(series => (IReadOnlyList<string>)
            [series.Name, .. Marks.Select(mark => series.Points.Where(point => point.X == mark.Value).Select(point => Text(point.Y)).FirstOrDefault("-"))])]);
}

/// <summary>A value on an axis, and what it is called there.</summary>
internal sealed record Mark(double Value, string Name);

/// <summary>Cells as they are shown; the first of a row names it.</summary>
internal sealed record Table(string Caption, IReadOnlyList<string> Headings, IReadOnlyList<IReadOnlyList<string>> Rows);
