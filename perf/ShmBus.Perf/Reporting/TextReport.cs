using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Reporting;

/// <summary>The report for a terminal: the machine, the comparison, and how near the limits are.</summary>
internal static class TextReport
{
    public static void Write(Results results, TextWriter output)
    {
        output.WriteLine(results.Machine?.Summary ?? "Nothing is known of the machine.");
        if (results.Machine?.Warning is { } warning)
            output.WriteLine(warning);
        List<RivalRow> rows = Rivals.Rows(results);
        foreach (Table table in Comparisons.Of(rows))
            Write(table, output);
        if (rows.Count > 0)
            output.WriteLine(Comparisons.Legend);
        if (Goal.In(results) is { Count: > 0 } goals)
            Write(Goal.TableOf(goals), output);
        foreach (string reason in results.LeftOut)
            output.WriteLine(reason);
    }

    private static void Write(Table table, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(table.Caption);
        var text = new TextTable([.. table.Headings]);
        foreach (IReadOnlyList<string> row in table.Rows)
            text.Add([.. row]);
        text.WriteTo(output);
    }
}
