using System.Text.Json;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Reporting;

/// <summary>The rounds of one measurement in one run.</summary>
/// <param name="Run">The file that they come from: what is in one file was measured in turns, and may be compared.</param>
/// <param name="Rounds">A row of each.</param>
internal sealed record Measurement(string Run, IReadOnlyList<JsonElement> Rounds)
{
    public string Suite => Text("suite");

    public string Transport => Text("transport");

    public string Wait => Text("wait");

    public int Size => Whole("size", 0);

    public int Producers => Whole("producers", 1);

    public int Subscribers => Whole("subscribers", 1);

    public string Text(string field) => Rounds[0].TryGetProperty(field, out JsonElement value) ? value.ToString() : "";

    public int Whole(string field, int otherwise) => Rounds[0].TryGetProperty(field, out JsonElement value) ? (int)value.GetDouble() : otherwise;

    /// <summary>Over the rounds; nothing where no row has the field.</summary>
    public double? Median(string field) => Values(field) is { Length: > 0 } values ? Statistics.Median(values) : null;

    /// <summary>The noise of the rounds.</summary>
    public double Spread(string field) => Values(field) is { Length: > 0 } values ? Statistics.Spread(values) : 0;

    private double[] Values(string field) =>
        [.. Rounds.Where(row => row.TryGetProperty(field, out _)).Select(row => row.GetProperty(field).GetDouble())];
}
