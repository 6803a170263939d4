using System.Globalization;
using System.Net;

namespace ShmBus.Perf.Reporting;

/// <summary>The report as one page that needs nothing else, no script and no network.</summary>
internal static class HtmlReport
{
    private const string Title = "ShmBus against what people use today";

    private static readonly (string Name, string Meaning)[] s_definitions =
    [
        ("message", "Made anew for each, written in full by the sender, read in full by the receiver; its content and order are verified. All transports carry the same ones between two processes, pinned to processors."),
        ("round", "New processes and a new channel, a warm-up, then the time measured. Rounds of all that one run measures are interleaved, so what befalls the machine befalls all. Every figure is the median of its rounds."),
        ("run", "One command and its file. Only what is from one run is compared, and relative figures have the floor of the same run."),
        ("spread", "The noise of rounds: from the least to the greatest of them, of every four the farthest from the median being left out."),
        ("round trip", "From before a message is written until its answer was read, one at a time, by a monotonic clock; one reading of the clock is in it."),
        ("percentile", "p99 is the time that 99 of 100 did not exceed, from a histogram that is at most 0.8 % too high and keeps every value; max is exact."),
        ("messages a second", "From the first message to the last, at the slowest receiver; payload is that times the size, without headers. Rings are of 256 KiB, or as large as eight messages, rounded up to a power of two."),
        ("processor time", "User and system time of all processes, during what is measured, for each message or round trip. Whoever spins while waiting pays for it here."),
        ("wake", "One way, from before the message is written until the reader has it that slept since the one before; both processes read the same clock."),
        ("idle", "Processor time and voluntary context switches of a process that waits, in each second in which nothing is sent."),
        ("at a fixed rate", "One way, from when a message was due, whether it could be sent then or not (corrected for coordinated omission)."),
        ("rate held", "At least 99 % of what was due was sent in time for the end, in every round."),
        ("memory of a channel", "Resident and managed memory of the process at the other end, less what it had before it opened the channel; code that was compiled for it is in it."),
        ("allocated", "Bytes of managed memory for each message."),
        ("page faults", "Minor ones of a pass over a file; those of opening, mapping and populating are not among them."),
        ("floor", "One cache line bounced between two processes, whatever the size: the least that a round trip can take."),
        ("floor-futex", "The same with a futex wait and a futex wake each way: the least that waking takes."),
        ("floor-stream, floor-cas", "The least ring that can work, with one producer and with several: the most that can be handed over."),
        ("mmap-view", "A bare mapping of the file, written and read in place: the floor of files."),
        ("spin, adaptive, park", "How ShmBus waits: it looks without end; it looks for a while and then sleeps, which is the default; it sleeps after a short look. The others wait in their one way."),
    ];

    public static string Make(Results results)
    {
        using var html = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        List<Section> sections = Sections.In(results);
        List<RivalRow> rows = Rivals.Rows(results);
        List<Goal> goals = Goal.In(results);
        html.WriteLine($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Title}</title>
            <link rel="icon" href="data:,">
            <style>
            {Css()}</style>
            </head>
            <body>
            <h1>{Title}</h1>
            <p>{E(results.Machine?.Summary ?? "Nothing is known of the machine.")}</p>
            """);
        if (results.Machine?.Warning is { } warning)
            html.WriteLine($"""<p class="warning">{E(warning)}</p>""");
        html.WriteLine("<nav>");
        WriteLinks(html, [.. rows.Count > 0 ? new[] { ("against", "Against each") } : [], .. goals.Count > 0 ? new[] { ("limits", "Limits") } : [], .. sections.Select(section => (section.Id, section.Title)), ("definitions", "Definitions"), ("machine", "Machine"), ("again", "Again")]);
        html.WriteLine("</nav>");

        if (rows.Count > 0)
        {
            html.WriteLine($"""<section id="against"><h2>ShmBus against each transport</h2><p>{E(Comparisons.Legend)}</p>""");
            foreach (Table table in Comparisons.Of(rows))
                WriteTable(html, table);
            html.WriteLine("</section>");
        }

        if (goals.Count > 0)
        {
            html.WriteLine("""<section id="limits"><h2>How near to the machine's limits</h2>""");
            WriteTable(html, Goal.TableOf(goals));
            html.WriteLine("</section>");
        }

        foreach (Section section in sections)
            WriteSection(html, section);
        WriteRest(html, results);
        html.WriteLine("</body>\n</html>");
        return html.ToString();
    }

    private static void WriteLinks(StringWriter html, IEnumerable<(string Id, string Title)> links)
    {
        foreach ((string id, string title) in links)
            html.WriteLine($"""<a href="#{id}">{E(title)}</a>""");
    }

    private static void WriteSection(StringWriter html, Section section)
    {
        html.WriteLine($"""<section id="{section.Id}"><h2>{E(section.Title)}</h2><p>{E(section.Text)}</p><div class="charts">""");
        foreach ((int number, Chart chart) in section.Charts.Index())
        {
            html.WriteLine($"""<figure><figcaption>{E(chart.Title)}</figcaption><div class="scroll">""");
            html.WriteLine(Svg.Draw(chart, $"{section.Id}-{number}"));
            html.WriteLine("</div><details><summary>Figures</summary>");
            WriteTable(html, chart.Table);
            html.WriteLine("</details></figure>");
        }

        html.WriteLine("</div>");
        foreach (Table table in section.Tables)
        {
            html.WriteLine($"<details><summary>{E(table.Caption)}</summary>");
            WriteTable(html, table);
            html.WriteLine("</details>");
        }

        html.WriteLine("</section>");
    }

    private static void WriteTable(StringWriter html, Table table)
    {
        html.WriteLine($"""<div class="scroll"><table><caption>{E(table.Caption)}</caption><thead><tr>{string.Concat(table.Headings.Select(heading => $"""<th scope="col">{E(heading)}</th>"""))}</tr></thead><tbody>""");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            string cells = string.Concat(row.Skip(1).Select(cell => $"<td{(cell == "no" ? " class=\"no\"" : "")}>{E(cell)}</td>"));
            html.WriteLine($"""<tr{(row[0] == Rivals.Own ? " class=\"own\"" : "")}><th scope="row">{E(row[0])}</th>{cells}</tr>""");
        }

        html.WriteLine("</tbody></table></div>");
    }

    private static void WriteRest(StringWriter html, Results results)
    {
        html.WriteLine("""<section id="definitions"><h2>What the figures are</h2><dl>""");
        foreach ((string name, string meaning) in s_definitions)
            html.WriteLine($"<dt>{E(name)}</dt><dd>{E(meaning)}</dd>");
        html.WriteLine("</dl></section>");

        html.WriteLine("""<section id="machine"><h2>The machine</h2>""");
        WriteTable(html, new Table("As it describes itself", ["what", "value"],
            [.. (results.Machine?.Properties ?? []).Select(property => (IReadOnlyList<string>)[property.Name, property.Value])]));
        html.WriteLine("</section>");

        html.WriteLine("""
            <section id="again"><h2>Doing it again</h2>
            <p>From a checkout, with the .NET SDK: <code>build/perf.sh</code> measures everything and writes this page; <code>--quick</code> takes a part of the time. The page alone, from files of figures:
            <code>dotnet run -c Release --project perf/ShmBus.Perf -- report --input DIRECTORY --output FILE</code></p>
            """);
        if (results.Commands.Count > 0)
            html.WriteLine($"<p>The commands of this one, each after <code>dotnet run -c Release --project perf/ShmBus.Perf --</code>:</p><pre>{E(string.Join('\n', results.Commands))}</pre>");
        if (results.LeftOut.Count > 0)
            html.WriteLine($"<h3>What was left out</h3><ul>{string.Concat(results.LeftOut.Select(reason => $"<li>{E(reason)}</li>"))}</ul>");
        html.WriteLine("</section>");
    }

    private static string Css()
    {
        using var reader = new StreamReader(typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!);
        return reader.ReadToEnd();
    }

    private static string E(string text) => WebUtility.HtmlEncode(text);
}
