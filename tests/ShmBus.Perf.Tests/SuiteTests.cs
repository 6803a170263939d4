using System.Globalization;
using System.Text.Json;
using ShmBus.Perf.Files;
using ShmBus.Tests.Support;

namespace ShmBus.Perf.Tests;

/// <summary>Each suite, run for a moment: its rows have the fields that others read, with values that can be.</summary>
internal sealed class SuiteTests
{
    private static readonly string[] Percentiles = ["p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns"];

    private TestDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void Latency_tells_the_tail_and_what_each_side_cost()
    {
        List<JsonElement> rows = Run("latency", "--transport", "floor,floor-futex,shmbus,fifo", "--seconds", "0.1");

        Assert.That(Texts(rows, "transport"), Is.EqualTo(["floor", "floor-futex", "shmbus", "fifo"]));
        foreach (JsonElement row in rows)
        {
            AssertAscending(row);
            Assert.That(Number(row, "sender_cpu_ns"), Is.Positive, row.ToString());
            Assert.That(Number(row, "receiver_cpu_ns"), Is.Positive, row.ToString());
            Assert.That(Number(row, "cpu_ns"), Is.EqualTo(Number(row, "sender_cpu_ns") + Number(row, "receiver_cpu_ns")).Within(0.001).Percent);
        }
    }

    [Test]
    public void Every_subscriber_gets_every_message()
    {
        List<JsonElement> rows = Run("throughput", "--transport", "shmbus-broadcast,fifo", "--subscribers", "1,2,8", "--seconds", "0.1");

        Assert.That(rows.Select(row => (row.GetProperty("transport").GetString(), row.GetProperty("subscribers").GetInt32())),
            Is.EquivalentTo([("shmbus-broadcast", 1), ("fifo", 1), ("shmbus-broadcast", 2), ("shmbus-broadcast", 8)]));
        foreach (JsonElement row in rows)
        {
            Assert.That(Number(row, "messages_per_s"), Is.Positive);
            Assert.That(Number(row, "cpu_ns"), Is.Positive);
        }
    }

    [Test]
    public void What_has_one_subscriber_is_left_out_for_two_with_its_reason()
    {
        using PerfProgram perf = PerfProgram.Start("throughput", "--transport", "shmbus", "--subscribers", "2");

        Assert.That(perf.ExitCode(), Is.EqualTo(1));
        Assert.That(perf.Error, Is.EqualTo("shmbus is left out for 2 subscribers: each of its messages goes to one.\n"));
    }

    [Test]
    public void Rings_grow_with_their_messages()
    {
        List<JsonElement> rows = Run("throughput", "--transport", "floor-stream,shmbus", "--size", "64,32768,40000,1048576", "--seconds", "0.03");

        Assert.That(rows.Select(row => (row.GetProperty("size").GetInt32(), row.GetProperty("capacity").GetInt32())).Distinct(),
            Is.EqualTo([(64, 262_144), (32_768, 262_144), (40_000, 524_288), (1_048_576, 8_388_608)]));
    }

    [Test]
    public void Wake_tells_how_long_a_sleeper_takes_and_that_it_costs_nothing_idle()
    {
        List<JsonElement> rows = Run("wake", "--transport", "floor-futex,shmbus,shmbus-await,fifo", "--gap", "1,3", "--idle", "0.4", "--seconds", "0.1");

        Assert.That(rows, Has.Count.EqualTo(8));
        foreach (JsonElement row in rows)
        {
            AssertAscending(row);
            Assert.That(Number(row, "p50_ns"), Is.Positive);
            // At most one message in a gap.
            Assert.That(Number(row, "messages"), Is.Positive);
            Assert.That(Number(row, "idle_seconds"), Is.GreaterThanOrEqualTo(0.4));
            // One that spun would take all of a processor, which is a million.
            Assert.That(Number(row, "idle_cpu_us_per_s"), Is.InRange(0, 500_000), row.ToString());
            Assert.That(Number(row, "sender_idle_cpu_us_per_s"), Is.InRange(0, 500_000), row.ToString());
            Assert.That(Number(row, "switches_per_message"), Is.Positive, row.ToString());
        }
    }

    [Test]
    public void Wake_of_one_that_spins_shows_that_it_never_sleeps()
    {
        JsonElement row = Run("wake", "--transport", "shmbus", "--wait", "spin", "--gap", "5", "--idle", "1", "--seconds", "0.1").Single();

        // It never sleeps; how much of a processor it gets is up to who else wants it.
        Assert.That(Number(row, "idle_cpu_us_per_s"), Is.GreaterThan(10_000), row.ToString());
    }

    [Test]
    public void Load_tells_whether_the_rate_was_held()
    {
        List<JsonElement> rows = Run("load", "--transport", "shmbus,floor-stream,fifo", "--rate", "500,10000000", "--seconds", "0.3");

        Assert.That(rows, Has.Count.EqualTo(6));
        foreach (JsonElement row in rows)
        {
            AssertAscending(row);
            double rate = Number(row, "rate");
            bool isHeld = row.GetProperty("rate_held").GetBoolean();
            Assert.That(Number(row, "messages"), Is.InRange(1, rate * 0.3 * 1.01 + 1), row.ToString());
            Assert.That(isHeld, Is.EqualTo(Number(row, "messages") + 1 >= 0.99 * 0.3 * rate), row.ToString());
            if (rate > 500 && row.GetProperty("transport").GetString() == "fifo")
            {
                Assert.That(isHeld, Is.False, "a write for every message cannot be done ten million times a second");
            }
        }
    }

    [Test]
    public void Memory_of_a_ring_is_there_and_messages_allocate_nothing()
    {
        List<JsonElement> rows = Run("memory", "--transport", "shmbus,fifo", "--seconds", "0.3");

        foreach (JsonElement row in rows)
        {
            Assert.That(Number(row, "resident_bytes"), Is.GreaterThan(Number(row, "private_bytes")));
            Assert.That(Number(row, "managed_bytes"), Is.Positive);
        }
        // Two rings of 256 KiB, each mapped twice in a row.
        Assert.That(Number(rows[0], "shared_mapped_growth_bytes"), Is.GreaterThanOrEqualTo(2 * 2 * 262_144));
        Assert.That(Number(rows[0], "main_shared_mapped_growth_bytes"), Is.GreaterThanOrEqualTo(2 * 2 * 262_144));
        Assert.That(Number(rows[1], "shared_mapped_growth_bytes"), Is.Zero);
        // What the phase itself allocates is spread over its messages.
        Assert.That(Number(rows[0], "allocated_bytes_per_message") * Number(rows[0], "messages"), Is.LessThan(100_000));
    }

    [Test]
    public void Files_are_the_same_by_every_method()
    {
        List<JsonElement> rows = Run("files", "--size", "16,5000,1048576", "--mebibytes", "1", "--directory", TestContext.CurrentContext.WorkDirectory);

        Assert.That(Texts(rows, "transport").Distinct(), Is.EquivalentTo(FileMethod.All.Select(static method => method.Name)));
        Assert.That(Texts(rows, "place").Distinct(), Is.EqualTo(["disk", "tmpfs"]));
        Assert.That(Texts(rows, "pass").Distinct(), Is.EqualTo(["write", "read", "rewrite", "reread"]));
        Assert.That(Texts(rows.Where(static row => row.GetProperty("place").GetString() == "disk"), "sync").Distinct(), Is.EquivalentTo(["none", "async", "sync"]));
        foreach (JsonElement row in rows)
        {
            Assert.That(Number(row, "bytes_per_s"), Is.Positive, row.ToString());
            Assert.That(Number(row, "bytes"), Is.EqualTo(Number(row, "size") * Math.Floor(1_048_576 / Number(row, "size"))));
        }

        double page = Environment.SystemPageSize;
        foreach (string method in (string[])["mmap-view", "shmbus"])
        {
            Assert.That(Faults(method, "first", "write"), Is.GreaterThan(1_048_576 / page / 64), "at least one for what the kernel maps around a fault");
            Assert.That(Faults(method, "first", "rewrite"), Is.LessThan(Faults(method, "first", "write")));
            Assert.That(Faults(method, "populated", "write"), Is.LessThan(Faults(method, "first", "write")));
        }

        double Faults(string method, string touch, string pass) => Number(rows.Single(row =>
            row.GetProperty("transport").GetString() == method && row.GetProperty("place").GetString() == "tmpfs" && Number(row, "size") == 1_048_576 &&
            row.GetProperty("touch").GetString() == touch && row.GetProperty("pass").GetString() == pass), "minor_faults");
    }

    [Test]
    public void Quick_measures_three_short_rounds()
    {
        string file = _directory.File("rows.json");
        using PerfProgram perf = PerfProgram.Start("latency", "--transport", "floor", "--quick", "--json", file);

        Assert.That(perf.ExitCode(), Is.Zero, () => perf.Output + perf.Error);
        using JsonDocument rows = JsonDocument.Parse(File.ReadAllText(file));
        Assert.That(rows.RootElement.EnumerateArray().Select(static row => row.GetProperty("round").GetInt32()), Is.EqualTo([1, 2, 3]));
        Assert.That(perf.Error, Does.StartWith("latency: round 1 of 3\nlatency: round 2 of 3, ").And.Contain(" to go\n"));
    }

    private static void AssertAscending(JsonElement row) =>
        Assert.That(Percentiles.Select(name => Number(row, name)), Is.Ordered.Ascending, row.ToString());

    private static double Number(JsonElement row, string name) => row.GetProperty(name).GetDouble();

    private static IEnumerable<string?> Texts(IEnumerable<JsonElement> rows, string name) => rows.Select(row => row.GetProperty(name).GetString());

    private List<JsonElement> Run(params string[] arguments)
    {
        string file = _directory.File("rows.json");
        using PerfProgram perf = PerfProgram.Start([.. arguments, "--rounds", "1", "--json", file]);
        Assert.That(perf.ExitCode(), Is.Zero, () => perf.Output + perf.Error);
        Assert.That(perf.Error, Is.EqualTo(string.Create(CultureInfo.InvariantCulture, $"{arguments[0]}: round 1 of 1\n")));
        Assert.That(perf.Output, Is.Not.Empty);
        using JsonDocument rows = JsonDocument.Parse(File.ReadAllText(file));
        return [.. rows.RootElement.Clone().EnumerateArray()];
    }
}
