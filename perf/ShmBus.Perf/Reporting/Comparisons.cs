namespace ShmBus.Perf.Reporting;

/// <summary>The tables of ShmBus against each transport, as the page, the terminal and the README show them.</summary>
internal static class Comparisons
{
    /// <summary>One table for each size, with who is ahead.</summary>
    public static List<Table> Of(IEnumerable<RivalRow> rows) =>
        [.. rows.GroupBy(row => row.Size).Select(size => new Table(
            Figure.Bytes(size.Key),
            ["transport", "round trip p50", "p99", "× ShmBus", "its CPU", "messages", "payload", "ShmBus ×", "their CPU", "ahead"],
            [.. size.Select(row => (IReadOnlyList<string>)
                [row.Transport, Sections.Text(row.RoundTrip, Figure.Time), Sections.Text(row.RoundTripTail, Figure.Time),
                 Sections.Text(row.RoundTrip / row.OwnLatency?.Median("p50_ns"), Figure.Ratio), Sections.Text(row.RoundTripCpu, Figure.Time),
                 Sections.Text(row.Rate, Figure.Rate), Sections.Text(row.Rate * row.Size, Figure.ByteRate),
                 Sections.Text(row.OwnThroughput?.Median("messages_per_s") / row.Rate, Figure.Ratio), Sections.Text(row.MessageCpu, Figure.Time), row.Ahead])]))];

    public static string Legend =>
        "'× ShmBus': how many times as long as ShmBus's own round trip. 'ShmBus ×': how many times as many messages ShmBus moves. Batched ones hold messages back and stand beside shmbus-batch. "
        + "Ahead is who is better by more than the spreads of both over their rounds; 'even' is what is not. Floors are limits of the machine, not transports.";
}
