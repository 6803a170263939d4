using System.Globalization;
using System.Text.Json;

namespace ShmBus.Perf.Suites;

/// <summary>
/// Two files of rows, compared: what was measured in the same way, its median over the rounds against that of the other file.
/// </summary>
internal static class Comparison
{
    /// <summary>Below that many rounds nobody knows their noise.</summary>
    public const int LeastRounds = 3;

    /// <summary>Differences below that part are nobody's business, however quiet the rounds are.</summary>
    public const double LeastPart = 0.01;

    // What says in which way a row was measured, where it has it.
    private static readonly string[] s_keys =
        ["suite", "transport", "wait", "size", "producers", "subscribers", "gap_ms", "rate", "place", "touch", "sync", "pass"];

    private static readonly Metric[] s_metrics =
    [
        new("p50_ns", 1), new("p99_ns", 1), new("cpu_ns", 1),
        new("messages_per_s", 0, IsMoreBetter: true),
        new("idle_cpu_us_per_s", 100), new("idle_switches_per_s", 5),
        new("resident_growth_bytes", 256 * 1024), new("allocated_bytes_per_message", 1), new("main_allocated_bytes_per_message", 1),
        new("bytes_per_s", 0, IsMoreBetter: true),
    ];

    /// <summary>What the figure of the row is worth noting of, in the order of the base, then what is only in the other.</summary>
    public static List<Finding> Compare(JsonElement baseRows, JsonElement newRows)
    {
        Dictionary<string, List<JsonElement>> before = ByKey(baseRows);
        Dictionary<string, List<JsonElement>> after = ByKey(newRows);
        List<Finding> findings = [];
        foreach ((string key, List<JsonElement> rows) in before)
        {
            if (!after.TryGetValue(key, out List<JsonElement>? others))
                findings.Add(new Finding(Verdict.OnlyInBase, key));
            else
                findings.AddRange(s_metrics.Select(metric => Judge(key, metric, Values(rows, metric), Values(others, metric))).OfType<Finding>());
        }

        findings.AddRange(after.Keys.Where(key => !before.ContainsKey(key)).Select(key => new Finding(Verdict.OnlyInNew, key)));
        return findings;
    }

    /// <summary>
    /// A figure has changed where its medians are further apart than both spreads (<see cref="Statistics.Spread"/>) together, than
    /// <see cref="LeastPart"/> of the base, and than what is worth a word at all.
    /// </summary>
    private static Finding? Judge(string key, Metric metric, double[] before, double[] after)
    {
        if (before.Length == 0 || after.Length == 0)
            return null;
        (double from, double to) = (Statistics.Median(before), Statistics.Median(after));
        double noise = Statistics.Spread(before) + Statistics.Spread(after);
        Verdict verdict = Verdict.Same;
        if (Math.Min(before.Length, after.Length) < LeastRounds)
            verdict = Verdict.TooFewRounds;
        else if (Math.Abs(to - from) > Math.Max(noise, Math.Max(LeastPart * Math.Abs(from), metric.Least)))
            verdict = to > from == metric.IsMoreBetter ? Verdict.Better : Verdict.Worse;
        return new Finding(verdict, key, metric.Name, from, to, noise);
    }

    private static Dictionary<string, List<JsonElement>> ByKey(JsonElement rows)
    {
        if (rows.ValueKind != JsonValueKind.Array || rows.EnumerateArray().Any(static row => row.ValueKind != JsonValueKind.Object || !row.TryGetProperty("suite", out _)))
            throw new PerfException("this is not a file of rows as --json writes it");
        return rows.EnumerateArray().GroupBy(KeyOf).ToDictionary(static group => group.Key, static group => group.ToList());
    }

    /// <summary>Fields that older files have not yet are those of what was then the only way.</summary>
    public static string KeyOf(JsonElement row) => string.Join(' ', s_keys
        .Select(key => (Key: key, Value: row.TryGetProperty(key, out JsonElement value) ? value.ToString() : ""))
        .Where(static pair => pair is not ({ }, "") and not ("subscribers", "1") and not ("gap_ms", "0"))
        .Select(static pair => pair.Key is "suite" or "transport" ? pair.Value : $"{pair.Key} {pair.Value}"));

    private static double[] Values(List<JsonElement> rows, Metric metric) =>
        [.. rows.Where(row => row.TryGetProperty(metric.Name, out _)).Select(row => row.GetProperty(metric.Name).GetDouble())];

    /// <param name="Name">The field.</param>
    /// <param name="Least">What is less is not worth a word.</param>
    /// <param name="IsMoreBetter">Whether more is better.</param>
    private sealed record Metric(string Name, double Least, bool IsMoreBetter = false);
}

internal enum Verdict
{
    Worse,
    Better,
    Same,
    TooFewRounds,
    OnlyInBase,
    OnlyInNew,
}

/// <summary>What became of one figure.</summary>
internal sealed record Finding(Verdict Verdict, string Row, string? Metric = null, double From = 0, double To = 0, double Noise = 0)
{
    public override string ToString() => Metric is null
        ? Row
        : string.Create(CultureInfo.InvariantCulture, $"{Row}: {Metric} {From:#,0.##} -> {To:#,0.##} ({(From == 0 ? "from nothing" : $"{(To - From) / From:+0.0%;-0.0%}")}, noise {Noise:#,0.##})");
}
