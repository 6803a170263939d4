using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>build/perf.sh, which takes too long to be run here: what it asks for is there.</summary>
internal sealed partial class PerfScriptTests
{
    private static readonly string Script = Repository.File("build", "perf.sh");

    [Test]
    public void Every_transport_that_it_measures_is_in_the_catalog_of_its_suite()
    {
        string text = File.ReadAllText(Script);
        string kinds = Kinds().Match(text).Groups[1].Value;
        text = text.Replace("$rivals", Rivals().Match(text).Groups[1].Value, StringComparison.Ordinal)
            .Replace("${kinds%,shmbus-hosted}", kinds.Replace(",shmbus-hosted", "", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("$kinds", kinds, StringComparison.Ordinal);
        MatchCollection suites = Suite().Matches(text);

        Assert.That(suites, Has.Count.AtLeast(10));
        foreach (Match suite in suites)
        {
            IEnumerable<string> known = suite.Groups["command"].Value is "throughput" or "load" ? TransportNames.Stream : TransportNames.Latency;
            string[] asked = suite.Groups["transports"].Value.Split(',');
            Assert.That(asked, Is.Unique.And.SubsetOf(known), suite.Value);
        }
    }

    [Test]
    public void It_counts_its_runs_right()
    {
        string text = File.ReadAllText(Script);

        Assert.That(Regex.Count(text, "^suite ", RegexOptions.Multiline), Is.EqualTo(int.Parse(Regex.Match(text, @"of (\d+)\]").Groups[1].Value, null)));
    }

    [TestCase("--fast")]
    [TestCase("--cpus")]
    public void What_it_does_not_know_it_refuses(string argument)
    {
        Tool.Result result = Tool.Run(Script, argument);

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.StartWith("usage: build/perf.sh "));
    }

    [GeneratedRegex("^rivals=(.*)$", RegexOptions.Multiline)]
    private static partial Regex Rivals();

    [GeneratedRegex("^kinds=(.*)$", RegexOptions.Multiline)]
    private static partial Regex Kinds();

    [GeneratedRegex("^suite \\S+ (?<command>\\S+) --transport \"?(?<transports>[^\" ]+)", RegexOptions.Multiline)]
    private static partial Regex Suite();
}
