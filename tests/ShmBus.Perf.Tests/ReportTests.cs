using System.Text.RegularExpressions;
using ShmBus.Perf.Reporting;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>The arithmetic of the report, from made-up files.</summary>
internal sealed partial class ReportTests
{
    private TestDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void Figures_are_the_medians_of_their_rounds()
    {
        Write("latency", Rows.Latency("floor", "spin", 64, 10, 500, 30), Rows.Latency("shmbus", "adaptive", 64, 40, 20));

        Chart chart = Charts("latency")[0];

        Assert.That(chart.Series.Select(static series => (series.Name, series.Points[0].Y)), Is.EqualTo([("floor", 30.0), ("shmbus", 30.0)]));
        Assert.That(chart.Marks.Select(static mark => mark.Name), Is.EqualTo(["p50", "p90", "p99", "p99.9", "p99.99", "max"]));
        Assert.That(chart.Series[0].Points.Select(static point => (point.X, point.Y)), Is.EqualTo([(0.0, 30.0), (2.0, 90.0), (5.0, 3000.0)]), "what rows have not is left out");
        Assert.That(chart.Table.Rows[0], Is.EqualTo(["floor", "30.0 ns", "-", "90.0 ns", "-", "-", "3.00 µs"]));
    }

    [Test]
    public void Relative_is_to_the_floor_of_the_same_run()
    {
        Write("one", Rows.Latency("floor", "spin", 64, 100), Rows.Latency("shmbus", "adaptive", 64, 150));
        Write("other", Rows.Latency("floor", "spin", 64, 1000), Rows.Latency("shmbus", "adaptive", 64, 1200));

        Chart[] relative = [.. Charts("latency").Where(static chart => chart.Title.EndsWith("relative to floor", StringComparison.Ordinal))];

        Assert.That(relative.Select(static chart => chart.Series.Single(static series => series.Name == "shmbus").Points[0].Y), Is.EqualTo([1.5, 1.2]));
        Assert.That(relative.Select(static chart => chart.Series.Single(static series => series.Name == "floor").Points[0].Y), Is.All.EqualTo(1.0));
    }

    [Test]
    public void Without_a_floor_nothing_is_relative()
    {
        Write("latency", Rows.Latency("fifo", "block", 64, 100), Rows.Latency("shmbus", "adaptive", 64, 150));

        Assert.That(Charts("latency").Select(static chart => chart.Title), Is.EqualTo(["Round trip of 64 B, adaptive (run latency)"]));
    }

    [Test]
    public void A_size_that_the_floor_lacks_is_not_relative()
    {
        Write("throughput",
            Rows.Throughput("floor-stream", 64, 1, 1000), Rows.Throughput("shmbus", 64, 1, 900), Rows.Throughput("shmbus", 4096, 1, 100));

        Chart relative = Charts("throughput-size").Single(static chart => chart.Title.EndsWith("relative to floor-stream", StringComparison.Ordinal));

        Assert.That(relative.Series.Single(static series => series.Name == "shmbus").Points.Select(static point => (point.X, point.Y)), Is.EqualTo([(64.0, 0.9)]));
    }

    [TestCase(new double[] { 99, 100, 101 }, new double[] { 109, 110, 111 }, "ShmBus")]
    [TestCase(new double[] { 95, 100, 105 }, new double[] { 105, 110, 115 }, "even: round trip")]
    [TestCase(new double[] { 109, 110, 111 }, new double[] { 99, 100, 101 }, "fifo: round trip")]
    public void Ahead_is_who_is_better_by_more_than_the_noise_of_both(double[] own, double[] other, string ahead)
    {
        Write("latency", Rows.Latency("shmbus", "adaptive", 64, own), Rows.Latency("fifo", "block", 64, other));

        RivalRow row = Rivals.Rows(Read()).Single(static row => row.Transport == "fifo");

        // The processor time that these rows have is twice the round trip, and its noise, too.
        Assert.That(row.Ahead.Replace("; even: CPU of a round trip", "", StringComparison.Ordinal).Replace("; fifo: CPU of a round trip", "", StringComparison.Ordinal), Is.EqualTo(ahead));
    }

    [Test]
    public void More_messages_are_ahead_and_batched_ones_stand_beside_batches()
    {
        Write("throughput",
            Rows.Throughput("shmbus", 64, 1, 1000), Rows.Throughput("shmbus-batch", 64, 1, 9000),
            Rows.Throughput("fifo", 64, 1, 500), Rows.Throughput("fifo-batched", 64, 1, 3000), Rows.Throughput("tcp", 64, 1, 2000));

        Dictionary<string, RivalRow> rows = Rivals.Rows(Read()).ToDictionary(static row => row.Transport);

        Assert.That(rows["fifo"].Ahead, Is.EqualTo("ShmBus"));
        Assert.That(rows["fifo-batched"].Ahead, Is.EqualTo("ShmBus"));
        Assert.That(rows["tcp"].Ahead, Is.EqualTo("tcp: throughput; tcp: CPU of a message"));
        Assert.That(rows["shmbus-batch"].Ahead, Is.Empty, "it is no rival of its own");
    }

    [Test]
    public void Limits_are_met_or_not()
    {
        Write("spin", Rows.Latency("floor", "spin", 64, 100), Rows.Latency("shmbus", "spin", 64, 131));
        Write("throughput", Rows.Throughput("floor-stream", 64, 1, 1000), Rows.Throughput("shmbus", 64, 1, 860), Rows.Throughput("shmbus-batch", 64, 1, 1400));

        Assert.That(Goal.In(Read()).Select(static goal => (goal.Name, Math.Round(goal.Measured, 2), goal.IsMet)), Is.EqualTo([
            ("64 B, spinning: round trip p50 / floor", 1.31, false),
            ("64 B, spinning: round trip p99 / floor", 1.31, true),
            ("64 B, throughput of one producer / floor-stream", 0.86, true),
            ("64 B, throughput of batches / single messages", 1.63, true)]));
    }

    [TestCase(0.012, "0.012 ns")]
    [TestCase(131, "131 ns")]
    [TestCase(9.996, "10.0 ns")]
    [TestCase(47_615, "47.6 µs")]
    [TestCase(1_234_000_000, "1.23 s")]
    public void Times_have_three_digits(double nanoseconds, string text) => Assert.That(Figure.Time(nanoseconds), Is.EqualTo(text));

    [TestCase(7, 8, new double[] { 5, 10 })]
    [TestCase(100, 100, new double[] { 100, 200 })]
    [TestCase(0.9, 1.3, new[] { 0.5, 1, 2 })]
    [TestCase(3, 40_000, new double[] { 10, 100, 1000, 10_000 })]
    public void A_logarithmic_axis_goes_from_a_round_value_to_a_round_value(double least, double most, double[] ticks)
    {
        Axis axis = Axis.Logarithmic([least, most, 0]);

        Assert.That(axis.Ticks, Is.EqualTo(ticks).Within(1e-9));
        Assert.That(new[] { 0, least, most }.Select(axis.PlaceOf), Is.Ordered.And.All.InRange(0, 1));
        Assert.That(axis.PlaceOf(0), Is.Zero, "what is nothing has its place at the beginning");
    }

    [Test]
    public void An_axis_from_zero_puts_half_in_the_middle()
    {
        Axis axis = Axis.FromZero([10, 3]);

        Assert.That(axis.Ticks, Is.EqualTo([0, 2, 4, 6, 8, 10]));
        Assert.That(axis.PlaceOf(5), Is.EqualTo(0.5).Within(1e-9));
    }

    [Test]
    public void The_figures_of_a_readme_are_replaced_and_the_rest_stays()
    {
        Write("latency", Rows.Latency("floor", "spin", 64, 100), Rows.Latency("shmbus", "adaptive", 64, 150), Rows.Latency("fifo", "block", 4096, 45_000), Rows.Latency("fifo", "block", 8, 45_000));
        Write("throughput", Rows.Throughput("shmbus", 64, 1, 20_000_000));
        string text = $"before\n{ReadmeBlock.Begin}\nold\n{ReadmeBlock.End}\nafter\n";

        string replaced = ReadmeBlock.Replace(text, Read());

        Assert.That(replaced, Does.StartWith($"before\n{ReadmeBlock.Begin}\n").And.EndWith($"{ReadmeBlock.End}\nafter\n").And.Not.Contain("old"));
        Assert.That(replaced, Does.Contain("| shmbus | 150 ns | 450 ns | 300 ns | 20.0 M/s | 50.0 ns |\n").And.Contain("| fifo | 45.0 µs | 135 µs | 90.0 µs | - | - |\n"));
        Assert.That(replaced, Does.Contain("Messages of 64 B:").And.Contain("Messages of 4 KiB:").And.Not.Contain("Messages of 8 B:"));
        Assert.That(ReadmeBlock.Replace(replaced, Read()), Is.EqualTo(replaced), "once more changes nothing");
    }

    [TestCase("")]
    [TestCase(ReadmeBlock.End + "\n" + ReadmeBlock.Begin)]
    [TestCase(ReadmeBlock.Begin + "\n" + ReadmeBlock.Begin + "\n" + ReadmeBlock.End)]
    public void A_readme_without_its_marks_is_refused(string text)
    {
        Write("latency", Rows.Latency("shmbus", "adaptive", 64, 150));

        Assert.That(() => ReadmeBlock.Replace(text, Read()), Throws.TypeOf<PerfException>());
    }

    [Test]
    public void The_README_has_the_figures_of_a_run()
    {
        string readme = File.ReadAllText(Repository.File("README.md"));
        Assert.That(Occurrences(readme, ReadmeBlock.Begin), Is.EqualTo(1));
        Assert.That(Occurrences(readme, ReadmeBlock.End), Is.EqualTo(1));
        string[] block = readme[(readme.IndexOf(ReadmeBlock.Begin, StringComparison.Ordinal) + ReadmeBlock.Begin.Length)..readme.IndexOf(ReadmeBlock.End, StringComparison.Ordinal)].Split('\n');

        Assert.That(block, Has.Some.Matches<string>(static line => Machine().IsMatch(line)), "it says on what machine and when");
        string[][] rows = [.. block.Where(static line => line.StartsWith('|')).Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
        Assert.That(rows, Is.All.Length.EqualTo(6));
        foreach (string size in (string[])["64 B", "4 KiB", "1 MiB"])
        {
            Assert.That(Occurrences(string.Join('\n', block), $"Messages of {size}:"), Is.EqualTo(1));
        }
        Assert.That(rows.Count(static row => row[0] == "shmbus"), Is.EqualTo(3), "one for each size");
        string[] figures = [.. rows.Where(static row => row[0] is not ("transport" or "---")).SelectMany(static row => row[1..])];
        Assert.That(figures, Is.Not.Empty.And.All.Matches<string>(static figure => FigureOrNone().IsMatch(figure)));
    }

    [Test]
    public void A_directory_without_rows_is_refused()
    {
        using PerfProgram perf = PerfProgram.StartCommand("report", "--input", _directory.Path);

        Assert.That(perf.ExitCode(), Is.EqualTo(1));
        Assert.That(perf.Error, Is.EqualTo($"{_directory.Path} holds no file with rows as --json writes them.\n"));
    }

    [Test]
    public void A_machine_describes_itself_and_the_report_repeats_it()
    {
        using PerfProgram perf = PerfProgram.StartCommand("machine", "--json", _directory.File("machine.json"), "--load", "77.5");
        Assert.That(perf.ExitCode(), Is.Zero, () => perf.Error);
        Write("latency", Rows.Latency("shmbus", "adaptive", 64, 150));

        using PerfProgram report = PerfProgram.StartCommand("report", "--input", _directory.Path, "--output", _directory.File("page.html"));

        Assert.That(report.ExitCode(), Is.Zero, () => report.Error);
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        foreach (string text in (string[])[perf.Output, report.Output, File.ReadAllText(_directory.File("page.html"))])
        {
            Assert.That(text, Does.Contain(kernel).And.Contain(System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription));
        }
        Assert.That(report.Output, Does.Contain("The machine was busy with something else (load average 77.5 before it began)"));
    }

    private static int Occurrences(string text, string part) => Regex.Count(text, Regex.Escape(part));

    private void Write(string run, params IEnumerable<string>[] rows) => Rows.Write(_directory.File($"{run}.json"), rows.SelectMany(static part => part));

    private Results Read() => Results.Read(new DirectoryInfo(_directory.Path));

    private IReadOnlyList<Chart> Charts(string section) => Sections.In(Read()).Single(found => found.Id == section).Charts;

    [GeneratedRegex(@"^.+, \d+ processors.*, Linux .+, \.NET .+, \d+ \w+ \d{4}; medians of .+ rounds?\.$")]
    private static partial Regex Machine();

    [GeneratedRegex(@"^(-|[\d,.]+ (ns|µs|ms|s|[kMG]?/s))$")]
    private static partial Regex FigureOrNone();
}
