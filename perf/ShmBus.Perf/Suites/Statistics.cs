namespace ShmBus.Perf.Suites;

/// <summary>What rounds say together.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> rounds)
    {
        double[] sorted = [.. rounds.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>
    /// The noise of rounds: from the least to the greatest of those that are closest to their median, one of every four being left
    /// out. So a single round that was held up says nothing of the others.
    /// </summary>
    public static double Spread(IReadOnlyCollection<double> rounds)
    {
        double median = Median(rounds);
        double[] closest = [.. rounds.OrderBy(round => Math.Abs(round - median)).Take(rounds.Count - rounds.Count / 4)];
        return closest.Max() - closest.Min();
    }
}
