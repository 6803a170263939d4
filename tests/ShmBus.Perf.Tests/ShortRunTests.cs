using System.Globalization;
using System.Text.Json;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>Each transport between two processes, with messages of all sizes; the program itself verifies every one.</summary>
internal sealed class ShortRunTests
{
    // From where on a transport may refuse a size: what the kernel grants differs from machine to machine.
    private const int CarriedByAll = 4096;

    private static readonly int[] Sizes = [8, 64, CarriedByAll, 65_536, 1_048_576];

    private TestDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [TestCaseSource(typeof(TransportNames), nameof(TransportNames.OfSuites))]
    public void Messages_of_every_size_arrive_or_the_size_is_refused_with_its_reason(string suite, string transport)
    {
        TransportNames.IgnoreWithout(transport);
        (List<JsonElement> rows, string output) = Run(suite, transport, "--size", string.Join(',', Sizes));

        List<int> measured = [.. rows.Select(static row => row.GetProperty("size").GetInt32())];
        Assert.That(measured.Concat(Sizes.Where(IsRefused)), Is.EquivalentTo(Sizes), output);
        Assert.That(measured, Is.SupersetOf(Sizes.Where(static size => size <= CarriedByAll)), output);
        foreach (JsonElement row in rows)
        {
            Assert.That(row.GetProperty("transport").GetString(), Is.EqualTo(transport));
            Assert.That(row.GetProperty("messages").GetInt64(), Is.Positive);
        }

        bool IsRefused(int size) => output.Contains(string.Create(CultureInfo.InvariantCulture, $"\n{transport} is left out for {size} bytes: "), StringComparison.Ordinal);
    }

    [TestCaseSource(typeof(TransportNames), nameof(TransportNames.ManyProducers))]
    public void The_messages_of_three_processes_arrive(string transport)
    {
        TransportNames.IgnoreWithout(transport);
        List<JsonElement>? rows = null;
        // On a machine that is busy one may have ended before all have begun: the program says so, and is asked to measure for longer.
        for (double seconds = 0.3; rows is null; seconds *= 2)
        {
            string[] arguments = ["throughput", "--transport", transport, "--producers", "3", "--seconds", string.Create(CultureInfo.InvariantCulture, $"{seconds}")];
            (int exitCode, string output) = Run(arguments, out rows);
            Assert.That(exitCode == 0 || output.Contains("measure for longer", StringComparison.Ordinal), output);
        }

        Assert.That(rows.Select(static row => row.GetProperty("producers").GetInt32()), Is.EqualTo([3]));
    }

    [TestCase("pipe", "fifo")]
    [TestCase("unix", "unix-stream")]
    [TestCase("pipe-batched", "fifo-batched")]
    [TestCase("unix-batched", "unix-stream-batched")]
    public void An_older_name_is_still_understood(string older, string name)
    {
        (List<JsonElement> rows, _) = Run("throughput", older);

        Assert.That(rows.Select(static row => row.GetProperty("transport").GetString()), Is.EqualTo([name]));
    }

    /// <summary>Runs one short round, which must succeed. Returns its rows and what it printed.</summary>
    private (List<JsonElement> Rows, string Output) Run(string suite, string transport, params string[] more)
    {
        (int exitCode, string output) = Run([suite, "--transport", transport, "--seconds", "0.03", .. more], out List<JsonElement>? rows);
        Assert.That(exitCode, Is.Zero, output);
        return (rows!, output);
    }

    private (int ExitCode, string Output) Run(string[] arguments, out List<JsonElement>? rows)
    {
        string file = _directory.File("rows.json");
        using PerfProgram perf = PerfProgram.Start([.. arguments, "--rounds", "1", "--json", file]);
        int exitCode = perf.ExitCode();
        rows = null;
        if (exitCode == 0)
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
            rows = [.. json.RootElement.Clone().EnumerateArray()];
        }
        return (exitCode, perf.Output + perf.Error);
    }
}
