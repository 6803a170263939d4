using System.Text.Json;

namespace ShmBus.Tool.Tests.Looking;

/// <summary><c>shmbus ls</c> on a bus where things went wrong.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LsTests : IDisposable
{
    private readonly BrokenBus _bus = new();

    public void Dispose() => _bus.Dispose();

    [Test]
    public void A_bus_that_is_not_there_is_told_and_not_made()
    {
        string missing = Path.Combine(_bus.Parent, "missing");
        ToolProcess.Result result = ToolProcess.Run("ls", "--bus", missing);
        Assert.That((result.ExitCode, result.Output, Directory.Exists(missing)), Is.EqualTo((ExitCode.NotFound, "", false)));
        Assert.That(result.Error, Does.Contain(missing).And.Contain("--bus DIR"));
    }

    [Test]
    public void An_empty_bus_is_well()
    {
        Assert.That(_bus.Run("ls").ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(_bus.Run("ls", "--json").Json.GetProperty("topics").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void Everything_that_is_broken_has_its_own_line_and_the_rest_is_listed_all_the_same()
    {
        _bus.Make("idle", new TopicOptions { Delivery = Delivery.Broadcast });
        _bus.MakeAbandonedClaim("abandoned");
        _bus.MakeTruncated("truncated");
        _bus.MakeNewer("newer");
        _bus.MakeGarbage("garbage");
        _bus.MakeGarbage("empty", length: 0);
        _bus.MakeOpenToAll("open");
        Directory.CreateDirectory(_bus.File("directory"));
        File.CreateSymbolicLink(_bus.File("link"), "idle");
        using PeerProcess stuck = _bus.MakeStuckClaim("stuck");
        using PeerProcess unlinked = _bus.MakeUnlinked("unlinked");
        using Topic live = _bus.Bus.OpenOrCreateTopic("live", new TopicOptions { Publishers = 4 });
        using Publisher publisher = live.CreatePublisher();
        using Subscriber subscriber = live.CreateSubscriber();
        publisher.Publish(new byte[100]);

        ToolProcess.Result json = _bus.Run("ls", "--json");
        ToolProcess.Result text = _bus.Run("ls");
        Assert.That((json.ExitCode, text.ExitCode), Is.EqualTo((ExitCode.Finding, ExitCode.Finding)), "there are several");
        Dictionary<string, JsonElement> topics = json.Json.GetProperty("topics").EnumerateArray().ToDictionary(static topic => topic.GetProperty("name").GetString()!);
        Assert.That(topics.Select(static topic => (topic.Key, topic.Value.GetProperty("health").GetString())), Is.EquivalentTo(new[]
        {
            ("abandoned", "abandoned_claim"), ("directory", "not_a_topic"), ("empty", "wrong_size"), ("garbage", "not_a_topic"), ("idle", "idle"), ("link", "not_a_topic"),
            ("live", "not_reading"), ("newer", "other_version"), ("open", "access"), ("stuck", "stuck_claim"), ("truncated", "wrong_size"), ("unlinked", "unlinked"),
        }));
        string[] lines = text.Output.Split('\n');
        Assert.Multiple(() =>
        {
            foreach ((string name, JsonElement topic) in topics)
            {
                Assert.That(lines.Count(line => line.StartsWith(name + " ", StringComparison.Ordinal) && line.EndsWith(topic.GetProperty("health").GetString()!, StringComparison.Ordinal)), Is.EqualTo(1), name);
            }
            JsonElement seen = topics["live"];
            Assert.That(
                (seen.GetProperty("publishers").GetInt32(), seen.GetProperty("max_publishers").GetInt32(), seen.GetProperty("subscribers").GetInt32(), seen.GetProperty("depth_bytes").GetInt64()),
                Is.EqualTo((1, 4, 1, 128L)));
            Assert.That(topics["unlinked"].GetProperty("findings")[0].GetProperty("message").GetString(), Does.Contain($"process {unlinked.Id}"));
            Assert.That(topics["stuck"].GetProperty("findings")[0].GetProperty("message").GetString(), Does.Contain($"process {stuck.Id}"));
            Assert.That(topics["truncated"].GetProperty("findings")[0].GetProperty("message").GetString(), Does.Contain("10000 bytes"));
            Assert.That(text.Error + json.Error, Is.Empty);
            Assert.That(text.Output, Does.Not.Contain('\x1b'), "Plain where the output is no terminal.");
        });
    }

    [TestCase("truncated", ExitCode.WrongSize)]
    [TestCase("newer", ExitCode.OtherVersion)]
    [TestCase("garbage", ExitCode.NotATopic)]
    [TestCase("open", ExitCode.Access)]
    public void What_alone_is_wrong_is_the_exit_code(string what, ExitCode code)
    {
        _bus.Make("well");
        switch (what)
        {
            case "truncated": _bus.MakeTruncated("bad"); break;
            case "newer": _bus.MakeNewer("bad"); break;
            case "garbage": _bus.MakeGarbage("bad"); break;
            default: _bus.MakeOpenToAll("bad"); break;
        }
        Assert.That((_bus.Run("ls").ExitCode, _bus.Run("inspect", "bad").ExitCode), Is.EqualTo((code, code)));
        Assert.That(_bus.Run("inspect", "well").ExitCode, Is.EqualTo(ExitCode.Success));
    }

    [Test]
    public void Two_topics_of_one_name_are_both_there()
    {
        using PeerProcess peer = _bus.MakeUnlinked("t");
        _bus.Make("t", new TopicOptions { Delivery = Delivery.Broadcast });
        ToolProcess.Result result = _bus.Run("ls", "--json");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Unlinked));
        Assert.That(result.Json.GetProperty("topics").EnumerateArray().Select(static topic => (topic.GetProperty("kind").GetString(), topic.GetProperty("health").GetString())),
            Is.EquivalentTo(new[] { ("queue", "unlinked"), ("broadcast", "idle") }));
        Assert.That(_bus.Run("inspect", "t", "--json").Json.GetProperty("topics").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public void A_name_that_is_no_topics_neither_steers_the_terminal_nor_makes_columns()
    {
        _bus.MakeGarbage("a b\x1b[31m");
        string line = _bus.Run("ls").Output.Split('\n')[1];
        Assert.That(line, Does.StartWith("a?b?[31m  "));
    }

    [Test]
    public void Looking_changes_no_byte_and_no_time_of_any_file()
    {
        using PeerProcess stuck = _bus.MakeStuckClaim("stuck", new TopicOptions { Publishers = 2 });
        using PeerProcess reader = LibraryPeer.Start("hold", _bus.Make("held"), "subscriber");
        reader.Expect("holding");
        _bus.MakeAbandonedClaim("abandoned");
        var before = State();
        _bus.Run("ls");
        _bus.Run("inspect", "stuck");
        _bus.Run("inspect", "abandoned", "--json");
        Assert.That(State(), Is.EqualTo(before));

        (string, DateTime, string)[] State() => [.. Directory.GetFiles(_bus.Directory).Order(StringComparer.Ordinal).Select(static file =>
            (file, File.GetLastWriteTimeUtc(file), Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))))];
    }
}
