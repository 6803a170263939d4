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
        // Long enough for all to be warm before one ends, though they share two processors.
        (List<JsonElement> rows, _) = Run("throughput", transport, "--producers", "3", "--seconds", "0.5");

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

    /// <summary>Runs one round, which must succeed. Returns its rows and what it printed.</summary>
    private (List<JsonElement> Rows, string Output) Run(string suite, string transport, params string[] more)
    {
        string file = _directory.File("rows.json");
        string[] seconds = more.Contains("--seconds") ? [] : ["--seconds", "0.03"];
        using PerfProgram perf = PerfProgram.Start([suite, "--transport", transport, "--rounds", "1", "--json", file, .. seconds, .. more]);
        Assert.That(perf.ExitCode(), Is.Zero, () => perf.Output + perf.Error);
        using JsonDocument rows = JsonDocument.Parse(File.ReadAllText(file));
        return ([.. rows.RootElement.Clone().EnumerateArray()], perf.Output);
    }
}
