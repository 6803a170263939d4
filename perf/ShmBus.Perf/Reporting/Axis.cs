namespace ShmBus.Perf.Reporting;

/// <summary>From values to a place on an axis, and where its marks are.</summary>
internal sealed class Axis
{
    private const double WideDecades = 2.5;

    private readonly double _low;
    private readonly double _high;
    private readonly bool _isLog;

    private Axis(double low, double high, bool isLog, IReadOnlyList<double> ticks) => (_low, _high, _isLog, Ticks) = (low, high, isLog, ticks);

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Logarithmic, from a round value to a round value. What is not above 0 has no place on it but its beginning.</summary>
    public static Axis Logarithmic(IEnumerable<double> values)
    {
        double[] positive = [.. values.Where(value => value > 0)];
        (double least, double most) = positive.Length == 0 ? (1, 10) : (positive.Min(), positive.Max());
        List<double> round = [.. RoundValues((int)Math.Floor(Math.Log10(least)) - 1, (int)Math.Ceiling(Math.Log10(most)) + 1)];
        double low = round.Last(value => value <= least);
        double high = round.First(value => value >= most && value > low);
        bool isWide = Math.Log10(high / low) > WideDecades;
        return new Axis(Math.Log10(low), Math.Log10(high), true,
            [.. round.Where(value => value >= low && value <= high && (!isWide || double.IsInteger(Math.Round(Math.Log10(value), 6))))]);
    }

    /// <summary>From 0 to a round value.</summary>
    public static Axis FromZero(IEnumerable<double> values)
    {
        double most = Math.Max(1e-9, values.DefaultIfEmpty(1).Max());
        double step = RoundValues((int)Math.Floor(Math.Log10(most)) - 1, (int)Math.Ceiling(Math.Log10(most))).First(value => value * 5 >= most);
        int steps = (int)Math.Ceiling(most / step - 1e-9);
        return new Axis(0, steps * step, false, [.. Enumerable.Range(0, steps + 1).Select(number => number * step)]);
    }

    /// <summary>With a mark at each value.</summary>
    public static Axis Of(IReadOnlyList<double> marks, bool isLog)
    {
        double[] places = [.. marks.Select(mark => isLog ? Math.Log10(mark) : mark)];
        double margin = places.Length == 1 ? 1 : 0;
        return new Axis(places.Min() - margin, places.Max() + margin, isLog, marks);
    }

    /// <summary>From 0 to 1.</summary>
    public double PlaceOf(double value) =>
        Math.Clamp(((_isLog ? value > 0 ? Math.Log10(value) : _low : value) - _low) / (_high - _low), 0, 1);

    private static IEnumerable<double> RoundValues(int fromExponent, int toExponent) =>
        from exponent in Enumerable.Range(fromExponent, toExponent - fromExponent + 1)
        from digit in (double[])[1, 2, 5]
        select digit * Math.Pow(10, exponent);
}
