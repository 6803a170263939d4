namespace ShmBus.Perf.Reporting;

/// <summary>A part of the report: what it is about, its pictures and its tables.</summary>
internal sealed record Section(string Id, string Title, string Text, IReadOnlyList<Chart> Charts)
{
    public IReadOnlyList<Table> Tables { get; init; } = [];
}
