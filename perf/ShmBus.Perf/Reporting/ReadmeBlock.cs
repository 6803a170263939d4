using System.Globalization;

namespace ShmBus.Perf.Reporting;

/// <summary>The figures in a Markdown file: between two marks, written by this program alone.</summary>
internal static class ReadmeBlock
{
    public const string Begin = "<!-- figures: begin; build/perf.sh writes what follows -->";
    public const string End = "<!-- figures: end -->";

    private static readonly int[] s_sizes = [64, 4096, 1 << 20];

    /// <summary>The file's text with the figures of the results in place of those between its marks.</summary>
    public static string Replace(string text, Results results)
    {
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        bool isWhole = begin >= 0 && end > begin
            && text.LastIndexOf(Begin, StringComparison.Ordinal) == begin && text.LastIndexOf(End, StringComparison.Ordinal) == end;
        return isWhole
            ? text[..(begin + Begin.Length)] + "\n" + Text(results) + text[end..]
            : throw new PerfException($"It needs the line '{Begin}' once, and '{End}' once after it.");
    }

    private static string Text(Results results)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        List<RivalRow> rows = [.. Rivals.Rows(results).Where(row => s_sizes.Contains(row.Size))];
        if (rows.Count == 0)
            throw new PerfException("There is no run with shmbus, waiting adaptively, of 64, 4096 or 1048576 bytes.");
        int[] rounds = [.. rows.SelectMany(row => new[] { row.Latency, row.Throughput }).OfType<Measurement>().Select(measurement => measurement.Rounds.Count).Distinct().Order()];
        text.WriteLine();
        text.WriteLine($"{results.Machine?.Summary ?? "Nothing is known of the machine"}; medians of {string.Join(" to ", new[] { rounds[0], rounds[^1] }.Distinct())} round{(rounds[^1] == 1 ? "" : "s")}.");
        if (results.Machine?.Warning is { } warning)
            text.WriteLine(warning);
        foreach (var size in rows.GroupBy(row => row.Size))
        {
            text.WriteLine();
            text.WriteLine($"Messages of {Figure.Bytes(size.Key)}:");
            text.WriteLine();
            text.WriteLine("| transport | round trip p50 | p99 | its CPU | throughput | CPU of a message |");
            text.WriteLine("| --- | --- | --- | --- | --- | --- |");
            foreach (RivalRow row in size)
                text.WriteLine($"| {row.Transport} | {Time(row.RoundTrip)} | {Time(row.RoundTripTail)} | {Time(row.RoundTripCpu)} | {Sections.Text(row.Rate, Figure.Rate)} | {Time(row.MessageCpu)} |");
        }

        text.WriteLine();
        return text.ToString();

        static string Time(double? nanoseconds) => Sections.Text(nanoseconds, Figure.Time);
    }
}
