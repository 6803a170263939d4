using System.Globalization;
using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Reporting;

/// <summary>Everything that suites have measured, as pictures: medians of the rounds, each also relative to the floor of the same run.</summary>
internal static class Sections
{
    private const string MessageBytes = "bytes in a message";
    private const int UsualSize = 64;

    private static readonly string[] s_percentiles = ["p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns"];
    private static readonly Mark[] s_percentileMarks = Named("p50", "p90", "p99", "p99.9", "p99.99", "max");

    /// <summary>Those that there is something to show of.</summary>
    public static List<Section> In(Results results) =>
        [.. new[]
        {
            Section("latency", "Round trips, by percentile", "One message there, one back, the next. A line is one transport, from its median to its worst.",
                results.Runs(SuiteName.Latency).SelectMany(run => SizesShown(run).Select(size => Percentiles($"Round trip of {Figure.Bytes(size)}, {Ways(run)}", run.Where(row => row.Size == size), "round trip")))
                    .SelectMany(chart => WithFloor(chart, "floor", "floor-futex"))),
            Section("latency-size", "Round trips, by size", "The median round trip.",
                results.Runs(SuiteName.Latency).Where(HasSizes).Select(run => BySize($"Round trip by size, {Ways(run)}", "round trip, p50", run, "p50_ns", Figure.Time)).SelectMany(chart => WithFloor(chart, "floor", "floor-futex"))),
            Section("throughput-size", "Throughput, by size", "As many messages as go one way, each written and read in full.",
                results.Runs(SuiteName.Throughput).Where(HasSizes).Select(run => run.Where(row => row is { Producers: 1, Subscribers: 1 }).ToList())
                    .SelectMany(run => new[]
                    {
                        BySize($"Messages a second, {Ways(run)}", "messages", run, "messages_per_s", Figure.Rate),
                        BySize($"Bytes a second, {Ways(run)}", "payload", run, "bytes_per_s", Figure.ByteRate),
                    }).SelectMany(chart => chart.Measure == "messages" ? WithFloor(chart, "floor-stream") : [chart])),
            Section("producers", "Throughput, by producers", "Several processes send to one. More processes than processors share them.",
                results.Runs(SuiteName.Throughput).Where(run => run.Any(row => row.Producers > 1)).SelectMany(run => SizesShown(run).Select(size => By(
                    $"{Figure.Bytes(size)}: messages a second by producers", "messages", run.Where(row => row.Size == size && row.Subscribers == 1), row => row.Producers, "producers", "messages_per_s", Figure.Rate)))
                    .SelectMany(chart => WithFloor(chart, "floor-cas"))),
            Section("subscribers", "Throughput, by subscribers", "One process sends, and each of several gets every message. A rate counts each message once.",
                results.Runs(SuiteName.Throughput).Where(run => run.Any(row => row.Subscribers > 1)).SelectMany(run => SizesShown(run).Select(size => By(
                    $"{Figure.Bytes(size)}: messages a second by subscribers", "messages", run.Where(row => row.Size == size && row.Producers == 1), row => row.Subscribers, "subscribers", "messages_per_s", Figure.Rate)))
                    .SelectMany(chart => WithFloor(chart, "floor-stream"))),
            Section("wake", "Waking a sleeper", "One way to a reader that went to sleep in a pause before each message; then what a process costs that only waits.",
                results.Runs(SuiteName.Wake).SelectMany(Wakes)),
            Section("load", "At a fixed rate", "One way, from when a message ought to have been sent: a stall counts for all that was due in it. A transport that did not hold the rate is left out of the picture: its times would only grow. The table has it.",
                results.Runs(SuiteName.Load).SelectMany(run => run.GroupBy(row => (row.Size, Rate: row.Whole("rate", 0)))).Select(group => Percentiles(
                    $"{Figure.Bytes(group.Key.Size)} at {Figure.Rate(group.Key.Rate)}", group.Where(IsHeld), "one way")).SelectMany(chart => WithFloor(chart, "floor-stream")))
                with { Tables = [RatesHeld(results)] },
            Section("cpu", "Processor time", "What a message costs of processors, in all processes together: a transport that spins pays for waiting, too.",
                new[] { (Suite: SuiteName.Latency, Name: "a round trip", Floor: "floor"), (Suite: SuiteName.Throughput, Name: "a message one way", Floor: "floor-stream") }
                    .SelectMany(part => SizesShown(Rivals.RunOf(results, part.Suite)).Select(size => Dots(
                        $"Processor time of {part.Name}, {Figure.Bytes(size)}", "processor time", Rivals.RunOf(results, part.Suite).Where(row => row.Size == size), [("both sides", "cpu_ns"), ("sender", "sender_cpu_ns"), ("receiver", "receiver_cpu_ns")], Figure.Time))
                        .SelectMany(chart => WithFloor(chart, part.Floor)))),
            Section("memory", "Memory", "What a channel takes in the process at its other end, more than before it was opened, and what each message allocates there.",
                results.Runs(SuiteName.Memory).SelectMany(Memory)),
            Section("files", "Files", "The same file, written and read in chunks: from the page cache, by calls that copy and through mappings. A region of ShmBus frames each chunk as a message; the bare mapping is its floor.",
                results.Runs(SuiteName.Files).SelectMany(Files))
                with { Tables = [.. results.Runs(SuiteName.Files).Select(Faults)] },
        }.Where(section => section.Charts.Count > 0)];

    private static Section Section(string id, string title, string text, IEnumerable<Chart> charts) => new(id, title, text, [.. charts.Where(chart => chart.HasFigures)]);

    /// <summary>A chart, and the same by the floor of its run, where that is in it.</summary>
    private static IEnumerable<Chart> WithFloor(Chart chart, params string[] floors) => [chart, .. floors.Select(chart.RelativeTo).OfType<Chart>()];

    private static Chart Percentiles(string title, IEnumerable<Measurement> rows, string measure) => new(
        title, measure, s_percentileMarks, "percentile", SeriesOf(rows, row => s_percentiles.Select((field, index) => (index, row.Median(field)))), Figure.Time);

    private static Chart BySize(string title, string measure, IEnumerable<Measurement> rows, string field, Func<double, string> text) =>
        By(title, measure, rows, row => row.Size, MessageBytes, field, text);

    /// <summary>A line for each transport over something that doubles.</summary>
    private static Chart By(string title, string measure, IEnumerable<Measurement> rows, Func<Measurement, int> mark, string marksName, string field, Func<double, string> text)
    {
        List<Measurement> all = [.. rows];
        return new Chart(title, measure, [.. all.Select(mark).Distinct().Order().Select(value => new Mark(value, Short(value)))], marksName,
            [.. all.GroupBy(NameOf).Select(group => SeriesOf(group.Key, group.Select(row => ((double)mark(row), row.Median(field)))))], text)
        {
            HasLogMarks = true,
        };
    }

    /// <summary>A row for each transport, a dot for each field.</summary>
    private static Chart Dots(string title, string measure, IEnumerable<Measurement> rows, (string Name, string Field)[] fields, Func<double, string> text) => new(
        title, measure, Named([.. fields.Select(field => field.Name)]), "figure",
        SeriesOf(rows, row => fields.Select((field, index) => (index, row.Median(field.Field)))), text)
    {
        IsDots = true,
    };

    private static IEnumerable<Chart> Wakes(IReadOnlyList<Measurement> run)
    {
        foreach (var group in run.GroupBy(row => (row.Size, Gap: row.Text("gap_ms"))))
        {
            Chart wakes = Dots($"{Figure.Bytes(group.Key.Size)} to a sleeper, after {group.Key.Gap} ms", "one way", group, [("p50", "p50_ns"), ("p99", "p99_ns")], Figure.Time);
            foreach (Chart chart in WithFloor(wakes, "floor-futex"))
                yield return chart;
            // Once is enough: what is idle has no gaps.
            if (group.Key.Gap == run[0].Text("gap_ms"))
            {
                yield return Dots("Processor time of a process that waits", "in each second", group, [("receiver", "idle_cpu_us_per_s"), ("sender", "sender_idle_cpu_us_per_s")], value => Figure.Time(value * 1e3)) with { IsFromZero = true };
                yield return Dots("Context switches of a process that waits", "in each second", group, [("receiver", "idle_switches_per_s"), ("sender", "sender_idle_switches_per_s")], Figure.Rate) with { IsFromZero = true };
            }
        }
    }

    private static IEnumerable<Chart> Memory(IReadOnlyList<Measurement> run)
    {
        foreach (var group in run.GroupBy(row => row.Size))
        {
            Chart taken = Dots($"Memory of a channel, {Figure.Bytes(group.Key)}", "more than before", group, [("resident", "resident_growth_bytes"), ("managed", "managed_growth_bytes")], Figure.Bytes) with { IsFromZero = true };
            foreach (Chart chart in WithFloor(taken, "floor"))
                yield return chart;
            yield return Dots($"Allocated by a message of {Figure.Bytes(group.Key)}", "managed memory", group, [("receiver", "allocated_bytes_per_message"), ("sender", "main_allocated_bytes_per_message")], Figure.Bytes) with { IsFromZero = true };
        }
    }

    private static IEnumerable<Chart> Files(IReadOnlyList<Measurement> run)
    {
        foreach (string place in run.Select(row => row.Text("place")).Distinct())
        {
            foreach ((string pass, string name) in ((string, string)[])[("write", "First writing"), ("rewrite", "Writing over"), ("read", "First reading"), ("reread", "Reading again")])
                foreach (Chart chart in WithFloor(Pass(place, pass, name), "mmap-view"))
                    yield return chart;
        }

        Chart Pass(string place, string pass, string name) => By(
            $"{name}, {place}", "payload",
            run.Where(row => row.Text("place") == place && row.Text("pass") == pass && (row.Text("touch") is "-" or "first") && row.Text("sync") == "none"),
            row => row.Size, "bytes in a chunk", "bytes_per_s", Figure.ByteRate);
    }

    /// <summary>Every way of touching and syncing, with its page faults: too many for a picture.</summary>
    private static Table Faults(IReadOnlyList<Measurement> run)
    {
        string[] passes = ["write", "rewrite", "read", "reread"];
        return new Table("Every way of touching pages and of syncing, with minor page faults",
            ["method", "place", "chunk", "pages", "sync", .. passes.SelectMany(pass => new[] { pass, "faults" })],
            [.. run.GroupBy(row => (row.Transport, Place: row.Text("place"), row.Size, Touch: row.Text("touch"), Sync: row.Text("sync"))).Select(group => (IReadOnlyList<string>)
                [group.Key.Transport, group.Key.Place, Figure.Bytes(group.Key.Size), group.Key.Touch, group.Key.Sync,
                 .. passes.SelectMany(pass => Of(group.FirstOrDefault(row => row.Text("pass") == pass)))])]);

        static string[] Of(Measurement? pass) => [Text(pass?.Median("bytes_per_s"), Figure.ByteRate), Text(pass?.Median("minor_faults"), Figure.Count)];
    }

    private static Table RatesHeld(Results results) => new("Rates, and whether they were held",
        ["transport", "waits", "size", "asked", "reached", "held", "p50", "p99", "max"],
        [.. results.Of(SuiteName.Load).Select(row => (IReadOnlyList<string>)
            [row.Transport, row.Wait, Figure.Bytes(row.Size), Figure.Rate(row.Whole("rate", 0)), Text(row.Median("messages_per_s"), Figure.Rate), IsHeld(row) ? "yes" : "no",
             Text(row.Median("p50_ns"), Figure.Time), Text(row.Median("p99_ns"), Figure.Time), Text(row.Median("max_ns"), Figure.Time)])]);

    /// <summary>In every round.</summary>
    private static bool IsHeld(Measurement row) => row.Rounds.All(round => round.TryGetProperty("rate_held", out var held) && held.GetBoolean());

    public static string Text(double? value, Func<double, string> text) => value is { } there ? text(there) : "-";

    private static List<Series> SeriesOf(IEnumerable<Measurement> rows, Func<Measurement, IEnumerable<(int Index, double? Value)>> points) =>
        [.. rows.GroupBy(NameOf).Select(group => SeriesOf(group.Key, points(group.First()).Select(point => ((double)point.Index, point.Value))))];

    private static Series SeriesOf(string name, IEnumerable<(double X, double? Y)> points) =>
        new(name, [.. points.Where(point => point.Y is not null).Select(point => new Point(point.X, point.Y!.Value))]);

    private static string NameOf(Measurement row) => row.Transport;

    private static bool HasSizes(IReadOnlyList<Measurement> run) => run.Where(row => row is { Producers: 1, Subscribers: 1 }).Select(row => row.Size).Distinct().Count() > 1;

    /// <summary>Sizes that get a picture of their own: the usual one, or the first.</summary>
    private static IEnumerable<int> SizesShown(IReadOnlyList<Measurement> run) =>
        run.Count == 0 ? [] : run.Any(row => row.Size == UsualSize) ? [UsualSize] : [run[0].Size];

    /// <summary>How the ends of ShmBus wait in a run, and which run it is.</summary>
    private static string Ways(IReadOnlyList<Measurement> run)
    {
        string[] ways = [.. run.Where(row => row.Wait is "spin" or "adaptive" or "park" && Rivals.IsOwn(row.Transport)).Select(row => row.Wait).Distinct()];
        return ways.Length == 0 ? $"run {run[0].Run}" : $"{string.Join(", ", ways)} (run {run[0].Run})";
    }

    private static Mark[] Named(params string[] names) => [.. names.Select((name, index) => new Mark(index, name))];

    private static string Short(int value) =>
        value >= 1 << 20 && value % (1 << 20) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{value >> 20} Mi")
        : value >= 1 << 10 && value % (1 << 10) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{value >> 10} Ki")
        : value.ToString(CultureInfo.InvariantCulture);
}
