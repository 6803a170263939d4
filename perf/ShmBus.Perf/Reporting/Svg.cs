using System.Globalization;
using System.Net;

namespace ShmBus.Perf.Reporting;

/// <summary>Draws a chart. Colours and fonts are the page's.</summary>
internal sealed class Svg
{
    private const double Width = 720;
    private const double Left = 76;
    private const double Top = 14;
    private const double Bottom = 46;
    private const double LabelHeight = 13;
    private const double LabelSpace = 150;
    private const double Right = Width - LabelSpace;

    private readonly Chart _chart;
    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
    private readonly double _height;

    private Svg(Chart chart)
    {
        _chart = chart;
        _height = Math.Max(chart.IsDots ? 0 : 230, chart.Series.Count * (chart.IsDots ? 20 : LabelHeight));
    }

    /// <param name="chart">What has figures.</param>
    /// <param name="id">No other chart's of the page.</param>
    public static string Draw(Chart chart, string id)
    {
        var svg = new Svg(chart);
        svg.Write(id);
        return svg._text.ToString();
    }

    private double Floor => Top + _height;

    private IEnumerable<double> Values => _chart.Series.SelectMany(series => series.Points.Select(point => point.Y));

    private Axis ValueAxis => _chart.IsFromZero ? Axis.FromZero(Values) : Axis.Logarithmic(Values);

    private void Write(string id)
    {
        _text.WriteLine($"""<svg viewBox="0 0 {N(Width)} {N(Floor + Bottom)}" role="img" aria-labelledby="{id}-title {id}-desc">""");
        _text.WriteLine($"""<title id="{id}-title">{E(_chart.Title)}</title>""");
        _text.WriteLine($"""<desc id="{id}-desc">{E(Description())}</desc>""");
        if (_chart.IsDots)
            WriteDots();
        else
            WriteLines();
        _text.Write("</svg>");
    }

    private string Description() =>
        $"{_chart.Measure}, {(_chart.IsFromZero ? "from 0" : "on a logarithmic scale")}, by {_chart.MarksName}: {string.Join("; ", _chart.Series.Where(series => series.Points.Count > 0).Select(series => $"{series.Name} {_chart.Text(series.Points[0].Y)} to {_chart.Text(series.Points[^1].Y)}"))}. The table beneath has every figure.";

    private void WriteLines()
    {
        Axis values = ValueAxis;
        Axis marks = Axis.Of([.. _chart.Marks.Select(mark => mark.Value)], _chart.HasLogMarks);
        foreach (double tick in values.Ticks)
        {
            WriteGrid(Left, Y(tick), Right, Y(tick));
            WriteText("tick end", Left - 6, Y(tick) + 4, _chart.Text(tick));
        }

        foreach (Mark mark in _chart.Marks)
        {
            WriteGrid(X(mark.Value), Top, X(mark.Value), Floor);
            WriteText("tick middle", X(mark.Value), Floor + 16, mark.Name);
        }

        WriteText("axis middle", (Left + Right) / 2, Floor + 36, _chart.MarksName);
        _text.WriteLine($"""<text class="axis middle" transform="translate(14 {N(Top + _height / 2)}) rotate(-90)">{E(_chart.Measure)}</text>""");

        List<(Series Series, string Classes, int Marker, double Y)> labels = [];
        foreach ((int position, Series series) in _chart.Series.Index())
        {
            if (series.Points.Count == 0)
                continue;
            (string classes, int marker) = Style.Of(series.Name, position);
            // By ascending marks, whatever the order of the rows was.
            Point[] points = [.. series.Points.OrderBy(point => point.X)];
            _text.WriteLine($"""<polyline class="line {classes}" points="{string.Join(' ', points.Select(point => $"{N(X(point.X))},{N(Y(point.Y))}"))}"/>""");
            foreach (Point point in points)
                WriteMarker(classes, marker, X(point.X), Y(point.Y), $"{series.Name}, {_chart.Marks.First(mark => mark.Value == point.X).Name}: {_chart.Text(point.Y)}");
            labels.Add((series, classes, marker, Y(points[^1].Y)));
        }

        WriteLabels(labels, last => X(last.Points.Max(point => point.X)));

        double X(double value) => Left + 12 + marks.PlaceOf(value) * (Right - Left - 24);

        double Y(double value) => Floor - values.PlaceOf(value) * _height;
    }

    /// <summary>Each name beside its line's end, moved away from the others and tied to the line.</summary>
    private void WriteLabels(List<(Series Series, string Classes, int Marker, double Y)> labels, Func<Series, double> endOf)
    {
        labels.Sort((one, other) => one.Y.CompareTo(other.Y));
        double[] places = new double[labels.Count];
        for (int i = 0; i < places.Length; i++)
            places[i] = Math.Max(labels[i].Y, i == 0 ? Top : places[i - 1] + LabelHeight);
        for (int i = places.Length - 1; i >= 0; i--)
            places[i] = Math.Min(places[i], i == places.Length - 1 ? Floor : places[i + 1] - LabelHeight);
        foreach ((int i, (Series series, string classes, int marker, double y)) in labels.Index())
        {
            _text.WriteLine($"""<polyline class="tie" points="{N(endOf(series) + 5)},{N(y)} {N(Right + 2)},{N(places[i])}"/>""");
            WriteMarker(classes, marker, Right + 8, places[i], null);
            WriteText($"label {(series.Name == "shmbus" ? "own" : "")}", Right + 15, places[i] + 4, series.Name);
        }
    }

    /// <summary>A row for each series; its marks are told apart by their markers.</summary>
    private void WriteDots()
    {
        Axis values = ValueAxis;
        const double Names = 150;
        const double End = Width - 24;
        foreach (double tick in values.Ticks)
        {
            WriteGrid(X(tick), Top, X(tick), Floor);
            WriteText("tick middle", X(tick), Floor + 16, _chart.Text(tick));
        }

        foreach ((int row, Series series) in _chart.Series.Index())
        {
            double y = Top + (row + 0.5) * 20;
            WriteGrid(Names, y, End, y);
            WriteText($"label end {(series.Name == "shmbus" ? "own" : "")}", Names - 8, y + 4, series.Name);
            (string classes, _) = Style.Of(series.Name, row);
            foreach (Point point in series.Points)
            {
                int mark = _chart.Marks.Index().First(mark => mark.Item.Value == point.X).Index;
                WriteMarker(classes, mark, X(point.Y), y, $"{series.Name}, {_chart.Marks[mark].Name}: {_chart.Text(point.Y)}");
            }
        }

        double x = Names;
        foreach ((int index, Mark mark) in _chart.Marks.Index())
        {
            WriteMarker("c0", index, x, Floor + 32, null);
            WriteText("tick", x + 8, Floor + 36, mark.Name);
            x += 24 + mark.Name.Length * 6.5;
        }

        WriteText("axis", x + 10, Floor + 36, _chart.Measure);

        double X(double value) => Names + 8 + values.PlaceOf(value) * (End - Names - 16);
    }

    /// <param name="classes">Its colour.</param>
    /// <param name="marker">Its form.</param>
    /// <param name="x">Its middle.</param>
    /// <param name="y">Its middle, too.</param>
    /// <param name="tip">What is shown of it where a pointer rests on it.</param>
    private void WriteMarker(string classes, int marker, double x, double y, string? tip)
    {
        string path = (marker % 5) switch
        {
            0 => $"M{N(x - 4)} {N(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
            1 => $"M{N(x - 3.5)} {N(y - 3.5)}h7v7h-7z",
            2 => $"M{N(x)} {N(y - 5)}l4.5 8h-9z",
            3 => $"M{N(x)} {N(y - 5)}l5 5l-5 5l-5 -5z",
            _ => $"M{N(x)} {N(y + 5)}l4.5 -8h-9z",
        };
        _text.WriteLine($"""<path class="dot {classes}" d="{path}">{(tip is null ? "" : $"<title>{E(tip)}</title>")}</path>""");
    }

    private void WriteGrid(double x1, double y1, double x2, double y2) =>
        _text.WriteLine($"""<line class="grid" x1="{N(x1)}" y1="{N(y1)}" x2="{N(x2)}" y2="{N(y2)}"/>""");

    private void WriteText(string classes, double x, double y, string text) =>
        _text.WriteLine($"""<text class="{classes.TrimEnd()}" x="{N(x)}" y="{N(y)}">{E(text)}</text>""");

    private static string N(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);

    private static string E(string text) => WebUtility.HtmlEncode(text);
}
