using System.Globalization;
using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>The report in a browser: it opens without an error, and its charts are to be seen.</summary>
internal sealed partial class ReportPageTests
{
    private const int Width = 1400;

    // What is drawn in a chart besides letters and lines of a grid, in light colours. Not the grey of the floors: that is also the edge of
    // a letter.
    private static readonly (byte, byte, byte)[] Colours =
    [
        (0x0b, 0x62, 0xc4), (0x1f, 0x8a, 0x3b), (0xc0, 0x5a, 0x00), (0x7a, 0x3f, 0xb8), (0xc0, 0x25, 0x34), (0x8a, 0x5a, 0x2b), (0x00, 0x80, 0x8a),
    ];

    // The page has no script of its own: this one, added to a copy, says where the charts are.
    private const string Finder = """
        <script>
        for (const chart of document.querySelectorAll('svg')) {
            const box = chart.getBoundingClientRect();
            chart.setAttribute('data-box', [box.left, box.top, box.width, box.height].map(Math.round).join(' '));
        }
        document.body.setAttribute('data-height', document.documentElement.scrollHeight);
        </script>
        """;

    private TestDirectory _directory = null!;
    private Chromium _browser = null!;

    [SetUp]
    public void SetUp()
    {
        _browser = new Chromium();
        _directory = new TestDirectory();
    }

    [TearDown]
    public void TearDown()
    {
        _browser?.Dispose();
        _directory?.Dispose();
    }

    [Test]
    public void A_report_of_a_short_run_of_every_suite_shows_its_charts()
    {
        Measure("latency", "--transport", "floor,floor-futex,shmbus,fifo", "--size", "64,4096", "--wait", "adaptive", "--seconds", "0.03");
        Measure("throughput", "--transport", "floor-stream,shmbus,fifo", "--size", "64,4096", "--seconds", "0.03");
        Measure("wake", "--transport", "floor-futex,shmbus", "--gap", "1", "--idle", "0.1", "--seconds", "0.03");
        Measure("load", "--transport", "floor-stream,shmbus", "--rate", "100", "--seconds", "0.1");
        Measure("memory", "--transport", "floor,shmbus", "--seconds", "0.03");
        Measure("files", "--size", "4096,65536", "--mebibytes", "1", "--directory", _directory.Path);

        string page = Report();

        foreach (string section in (string[])["against", "latency", "latency-size", "throughput-size", "wake", "cpu", "memory", "files", "definitions", "machine", "again"])
        {
            Assert.That(page, Does.Contain($"<section id=\"{section}\">"));
        }
        AssertChartsAreSeen(least: 20);
    }

    [Test]
    public void A_report_with_gaps_shows_what_there_is()
    {
        Rows.Write(_directory.File("spin.json"), [.. Rows.Latency("shmbus", "spin", 64, 150), .. Rows.Latency("fifo", "block", 4096, 45_000)]);
        Rows.Write(_directory.File("throughput.json"),
            [.. Rows.Throughput("floor-stream", 64, 1, 3e7), .. Rows.Throughput("shmbus", 64, 1, 2e7), .. Rows.Throughput("fifo", 4096, 1, 1e5), .. Rows.Throughput("shmbus-many", 64, 2, 1e7), .. Rows.Throughput("<new> & \\\"other\\\"", 8, 1, 1e7)]);
        // Of a suite that had nothing to measure.
        Rows.Write(_directory.File("wake.json"), []);

        string page = Report();

        Assert.That(page, Does.Not.Contain("<section id=\"wake\">").And.Not.Contain("<new>").And.Contain("&lt;new&gt; &amp; &quot;other&quot;"));
        AssertChartsAreSeen(least: 4);
    }

    [Test]
    public void What_goes_wrong_in_a_page_would_be_noticed()
    {
        string page = _directory.File("page.html");
        File.WriteAllText(page, "<script>nothing.there</script><img src='gone.png'>");

        Assert.That(_browser.Load(page).Console, Is.Not.Empty);
    }

    private void AssertChartsAreSeen(int least)
    {
        string copy = _directory.File("copy.html");
        File.WriteAllText(copy, File.ReadAllText(_directory.File("report.html")).Replace("</body>", Finder + "</body>", StringComparison.Ordinal));
        (string document, string[] console) = _browser.Load(copy);
        Assert.That(console, Is.Empty);
        int[][] boxes = [.. Box().Matches(document).Select(static box => box.Groups[1].Value.Split(' ').Select(static number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray())];
        Assert.That(boxes, Has.Length.AtLeast(least));
        Assert.That(Regex.Count(document, "<svg "), Is.EqualTo(boxes.Length));
        Assert.That(Regex.Count(document, "<figure>.*?</table>", RegexOptions.Singleline), Is.EqualTo(boxes.Length), "each has its table");

        Image picture = _browser.Picture(copy, Width, int.Parse(Height().Match(document).Groups[1].Value, CultureInfo.InvariantCulture));
        foreach ((int number, int[] box) in boxes.Index())
        {
            HashSet<(byte, byte, byte)> seen = [];
            for (int y = box[1]; y < box[1] + box[3]; y++)
            {
                for (int x = box[0]; x < box[0] + box[2]; x++)
                {
                    seen.Add(picture[x, y]);
                }
            }
            Assert.That(seen, Has.Count.AtLeast(10), $"chart {number} has letters, lines and a grid");
            Assert.That(seen.Intersect(Colours), Is.Not.Empty, $"chart {number} has figures");
        }
    }

    private void Measure(string suite, params string[] arguments)
    {
        using PerfProgram perf = PerfProgram.Start([suite, .. arguments, "--rounds", "1", "--json", _directory.File($"{suite}.json")]);
        Assert.That(perf.ExitCode(), Is.Zero, () => perf.Output + perf.Error);
    }

    /// <summary>Returns its page, which needs nothing from elsewhere.</summary>
    private string Report()
    {
        using PerfProgram perf = PerfProgram.StartCommand("report", "--input", _directory.Path, "--output", _directory.File("report.html"));
        Assert.That(perf.ExitCode(), Is.Zero, () => perf.Output + perf.Error);
        string page = File.ReadAllText(_directory.File("report.html"));
        Assert.That(page, Does.Not.Contain("://").And.Not.Contain("<script").And.Not.Contain("@import").And.Not.Contain("<img"));
        Assert.That(Regex.Count(page, "<svg .*?aria-labelledby=\"(.+?)-title \\1-desc\">\n<title id=\"\\1-title\">.+?</title>\n<desc id=\"\\1-desc\">.+?</desc>"), Is.EqualTo(Regex.Count(page, "<svg ")), "each says what it shows");
        return page;
    }

    [GeneratedRegex("<svg [^>]*data-box=\"([^\"]+)\"")]
    private static partial Regex Box();

    [GeneratedRegex("data-height=\"(\\d+)\"")]
    private static partial Regex Height();
}
