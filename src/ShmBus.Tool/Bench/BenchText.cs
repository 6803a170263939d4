using System.Globalization;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Bench;

/// <summary>The picture: a table, and a bar for each figure.</summary>
internal static class BenchText
{
    internal static void Write(TextWriter output, BenchReport report, int width, char bar)
    {
        TextTable table = new("TRANSPORT", "ROUND_TRIP", "99%", "64_B/S", "4_KIB/S", "BYTES/S");
        foreach (string transport in BenchPair.Transports)
        {
            BenchRow Row(int course) => report.Rows.Single(row => row.Transport == transport && row.Course == BenchRun.Courses[course].Name);
            table.Add(transport, Time(Row(0).P50Ns!.Value), Time(Row(0).P99Ns!.Value), Count(Row(1).MessagesPerSecond!.Value), Count(Row(2).MessagesPerSecond!.Value),
                Count(Row(2).MessagesPerSecond!.Value * Row(2).Size));
        }
        output.Write(table);
        foreach (BenchCourse course in BenchRun.Courses)
        {
            BenchRow[] rows = [.. report.Rows.Where(row => row.Course == course.Name)];
            output.Write($"\n{course.Title}{(course.IsRoundTrip ? ", median: less is better" : " a second: more is better")}\n");
            WriteBars(output, rows, width, bar);
        }
        output.Write(report.Pinned
            ? "\nEach process had a processor of its own. All messages were verified.\n"
            : "\nBoth processes shared one processor, where nobody can spin: all wait for the scheduler. All messages were verified.\n");
    }

    private static void WriteBars(TextWriter output, BenchRow[] rows, int width, char bar)
    {
        double most = rows.Max(Value);
        foreach (BenchRow row in rows)
        {
            string figure = row.P50Ns is double time ? Time(time) : Count(row.MessagesPerSecond!.Value);
            // Room for the name before it and the figure behind it.
            int length = Math.Max(1, (int)Math.Round(Value(row) / most * Math.Max(10, width - 22)));
            output.Write($"  {row.Transport,-8}{new string(bar, length)} {figure}\n");
        }
    }

    private static double Value(BenchRow row) => row.P50Ns ?? row.MessagesPerSecond!.Value;

    private static string Time(double nanoseconds) => nanoseconds < 1e4
        ? string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0}ns")
        : string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0.0}us");

    private static string Count(double count) => count switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:0.00}G"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.00}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{count / 1e3:0.0}k"),
    };
}
