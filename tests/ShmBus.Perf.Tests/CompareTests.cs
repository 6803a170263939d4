using System.Globalization;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>Made-up files of rows, compared by the program.</summary>
internal sealed class CompareTests
{
    private TestDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void More_than_the_noise_of_both_is_worse()
    {
        // The medians are 10 apart, the spreads 4 and 4.
        (int exitCode, string output) = Compare(Latency("shmbus", 98, 100, 102), Latency("shmbus", 108, 110, 112));

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("Worse: 1\n  latency shmbus wait spin size 64: p50_ns 100 -> 110 (+10.0%, noise 8)").And.Contain("Something got worse."));
    }

    [Test]
    public void Less_than_the_noise_is_the_same()
    {
        (int exitCode, string output) = Compare(Latency("shmbus", 95, 100, 105), Latency("shmbus", 107, 110, 113));

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("The same, within the noise: 1").And.Not.Contain("Worse"));
    }

    [Test]
    public void A_round_of_four_that_was_held_up_is_not_noise()
    {
        (int exitCode, string output) = Compare(Latency("shmbus", 99, 100, 101, 5_000), Latency("shmbus", 109, 110, 111, 9_000));

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("Worse: 1"));
    }

    [Test]
    public void Less_time_and_more_messages_are_better()
    {
        (int exitCode, string output) = Compare(
            [.. Latency("shmbus", 100, 100, 100), .. Throughput(1, 1_000, 1_000, 1_000)],
            [.. Latency("shmbus", 50, 50, 50), .. Throughput(1, 2_000, 2_000, 2_000)]);

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("Better: 2"));
    }

    [Test]
    public void Fewer_messages_are_worse()
    {
        (int exitCode, string output) = Compare(Throughput(1, 2_000, 2_000, 2_000), Throughput(1, 1_000, 1_000, 1_000));

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("Worse: 1\n  throughput shmbus wait adaptive size 64 producers 1: messages_per_s 2,000 -> 1,000 (-50.0%, noise 0)"));
    }

    [Test]
    public void Two_rounds_prove_nothing()
    {
        (int exitCode, string output) = Compare(Latency("shmbus", 100, 100), Latency("shmbus", 900, 900, 900));

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Does.Contain("Fewer than 3 rounds, so nothing can be said: 1").And.Contain("Nothing could be compared").And.Not.Contain("Worse"));
    }

    [Test]
    public void Only_what_was_measured_in_the_same_way_is_compared()
    {
        (int exitCode, string output) = Compare(
            [.. Latency("shmbus", 100, 100, 100), .. Throughput(1, 1_000, 1_000, 1_000), .. Latency("fifo", 5, 5, 5)],
            [.. Latency("shmbus", 100, 100, 100), .. Throughput(2, 10, 10, 10)]);

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("The same, within the noise: 1")
            .And.Contain("Only in the base: 2\n  throughput shmbus wait adaptive size 64 producers 1\n  latency fifo wait spin size 64\n")
            .And.Contain("Only in the new file: 1\n  throughput shmbus wait adaptive size 64 producers 2\n"));
    }

    [TestCase("{}")]
    [TestCase("[1]")]
    [TestCase("[{")]
    public void What_is_no_file_of_rows_is_refused(string text)
    {
        (int exitCode, string output) = Run(Write("base.json", text), Write("new.json", "[]"));

        Assert.That(exitCode, Is.EqualTo(1), output);
        Assert.That(output, Is.Not.Empty.And.Not.Contain("Unhandled"));
    }

    private static string[] Latency(string transport, params int[] p50) => [.. p50.Select(value => string.Create(CultureInfo.InvariantCulture,
        $$"""{"suite": "latency", "transport": "{{transport}}", "wait": "spin", "size": 64, "p50_ns": {{value}}}"""))];

    private static string[] Throughput(int producers, params int[] rates) => [.. rates.Select(value => string.Create(CultureInfo.InvariantCulture,
        $$"""{"suite": "throughput", "transport": "shmbus", "wait": "adaptive", "size": 64, "producers": {{producers}}, "subscribers": 1, "messages_per_s": {{value}}}"""))];

    private (int ExitCode, string Output) Compare(string[] before, string[] after) =>
        Run(Write("base.json", $"[{string.Join(',', before)}]"), Write("new.json", $"[{string.Join(',', after)}]"));

    private static (int ExitCode, string Output) Run(string before, string after)
    {
        using PerfProgram perf = PerfProgram.StartCommand("compare", "--base", before, "--new", after);
        int exitCode = perf.ExitCode();
        return (exitCode, perf.Output + perf.Error);
    }

    private string Write(string name, string text)
    {
        string file = _directory.File(name);
        File.WriteAllText(file, text);
        return file;
    }
}
