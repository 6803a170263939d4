using System.Text.Json;
using ShmBus.Tool.Bench;

namespace ShmBus.Tool.Tests;

/// <summary>The picture of a machine: what it shows, not how fast the machine is.</summary>
internal sealed class BenchTests
{
    [Test]
    public void All_ways_are_measured_in_all_courses()
    {
        ToolProcess.Result result = ToolProcess.Run("bench", "--seconds", "1", "--json");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Success), result.Error);
        Assert.That(result.Error, Is.Empty, "No progress where nobody watches.");
        JsonElement[] rows = [.. result.Json.GetProperty("rows").EnumerateArray()];
        Assert.That(rows.Select(static row => (row.GetProperty("transport").GetString(), row.GetProperty("course").GetString())), Is.EquivalentTo(
            new[] { "shmbus", "pipe", "socket" }.SelectMany(static transport => new[] { "round_trip_64", "stream_64", "stream_4096" }.Select(course => (transport, course)))));
        Assert.Multiple(() =>
        {
            foreach (JsonElement row in rows)
            {
                bool isRoundTrip = row.GetProperty("course").GetString() == "round_trip_64";
                Assert.That(row.GetProperty("messages").GetInt64(), Is.Positive);
                Assert.That(row.GetProperty("p50_ns").ValueKind, Is.EqualTo(isRoundTrip ? JsonValueKind.Number : JsonValueKind.Null));
                Assert.That(row.GetProperty("messages_per_second").ValueKind, Is.EqualTo(isRoundTrip ? JsonValueKind.Null : JsonValueKind.Number));
                if (isRoundTrip)
                {
                    Assert.That(row.GetProperty("p99_ns").GetDouble(), Is.GreaterThanOrEqualTo(row.GetProperty("p50_ns").GetDouble()));
                }
            }
        });
    }

    [Test]
    public void People_get_a_table_and_bars()
    {
        ToolProcess.Result result = ToolProcess.Run("bench", "--seconds", "1");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Success), result.Error);
        Assert.That(result.Output, Does.Match(@"(?m)^TRANSPORT +ROUND_TRIP +99% .*\nshmbus +[0-9].*\npipe +[0-9].*\nsocket +[0-9]"));
        Assert.That(result.Output.Split('\n').Count(static line => line.Contains('#', StringComparison.Ordinal)), Is.EqualTo(9));
        Assert.That(result.Output.Split('\n').Max(static line => line.Length), Is.LessThanOrEqualTo(120));
        Assert.That(result.Output, Does.Not.Contain('\e'));
    }

    [TestCase("0")]
    [TestCase("121")]
    [TestCase("long")]
    public void A_wrong_time_is_refused(string seconds) => Assert.That(ToolProcess.Run("bench", "--seconds", seconds).ExitCode, Is.EqualTo(ExitCode.Usage));

    [Test]
    public void Ended_by_a_signal_it_leaves_nothing()
    {
        using ToolProcess bench = ToolProcess.Start("bench", "--seconds", "120");
        int peer = PeerOf(bench.Id);
        bench.Signal(Posix.SIGINT);
        Assert.That(bench.ExitCode, Is.EqualTo(ExitCode.Cancelled));
        Until.True(() => !Directory.Exists($"/proc/{peer}"));
    }

    [Test]
    public void When_it_is_killed_its_peer_ends_as_well()
    {
        using ToolProcess bench = ToolProcess.Start("bench", "--seconds", "120");
        int peer = PeerOf(bench.Id);
        bench.Kill();
        Until.True(() => !Directory.Exists($"/proc/{peer}") || File.ReadAllText($"/proc/{peer}/stat").Contains(") Z ", StringComparison.Ordinal));
    }

    [Test]
    public void When_its_peer_is_killed_it_says_so()
    {
        using ToolProcess bench = ToolProcess.Start("bench", "--seconds", "120");
        int peer = PeerOf(bench.Id);
        _ = Posix.kill(peer, 9);
        Assert.That(bench.ExitCode, Is.EqualTo(ExitCode.Finding));
        Assert.That(bench.Error, Does.StartWith("shmbus bench: "));
    }

    [Test]
    public void A_message_that_was_changed_on_the_way_is_noticed()
    {
        byte[] message = new byte[64];
        BenchMessage.Write(message, 7);
        Assert.That(BenchMessage.Read(message), Is.EqualTo(7));
        Assert.That(() => BenchMessage.Expect(message, 8), Throws.TypeOf<ToolException>());
        message[40] ^= 1;
        Assert.That(() => BenchMessage.Read(message), Throws.TypeOf<ToolException>());
    }

    [Test]
    public void Percentiles_are_at_most_a_little_too_high()
    {
        LatencyHistogram histogram = new();
        for (long i = 1; i <= 100_000; i++)
        {
            histogram.Add(i);
        }
        Assert.That(histogram.Percentile(0.5), Is.InRange(50_000, 50_800));
        Assert.That(histogram.Percentile(0.99), Is.InRange(99_000, 100_600));
        Assert.That(histogram.Percentile(0.0), Is.EqualTo(1));
    }

    /// <summary>The process that it started, once it is there.</summary>
    private static int PeerOf(int bench)
    {
        int peer = 0;
        Until.True(() => Directory.EnumerateDirectories($"/proc/{bench}/task")
            .SelectMany(static task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault() is string id && int.TryParse(id, out peer));
        return peer;
    }
}
