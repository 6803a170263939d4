using System.Text.Json;

namespace ShmBus.Tool.Tests.Looking;

/// <summary><c>shmbus inspect</c>: why two processes do not talk.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class InspectTests : IDisposable
{
    private readonly BrokenBus _bus = new();

    public void Dispose() => _bus.Dispose();

    [Test]
    public void A_topic_that_is_not_there_is_one_sentence()
    {
        ToolProcess.Result result = _bus.Run("inspect", "nix");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((ExitCode.NotFound, "")));
        Assert.That(result.Error, Does.Contain("'nix'").And.Contain("shmbus ls").And.Matches(@"^[^\n]*\n$"));
    }

    [TestCase("../t")]
    [TestCase("a b")]
    public void A_name_that_no_topic_can_have_is_not_found_either(string name) => Assert.That(_bus.Run("inspect", name).ExitCode, Is.EqualTo(ExitCode.NotFound));

    [Test]
    public void A_publisher_that_is_stopped_in_a_claim_is_named_with_who_waits_behind_it()
    {
        using PeerProcess stuck = _bus.MakeStuckClaim("t", new TopicOptions { Publishers = 2 });
        using Topic topic = _bus.Bus.OpenTopic("t");
        using Subscriber subscriber = topic.CreateSubscriber();
        while (subscriber.TryRead(out _))
        {
        }
        stuck.Stop();
        ToolProcess.Result result = _bus.Run("inspect", "t", "--json");
        JsonElement seen = result.Json.GetProperty("topics")[0];
        JsonElement publisher = Endpoint(seen, "publisher");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Finding));
            Assert.That(Kinds(seen), Is.EqualTo(["stuck_claim", "stopped"]));
            Assert.That(Message(seen, "stuck_claim"), Does.Contain($"process {stuck.Id}").And.Contain($"subscriber 0 (process {Environment.ProcessId}"));
            Assert.That(Message(seen, "stopped"), Does.Contain($"kill -CONT {stuck.Id}"));
            Assert.That(publisher.GetProperty("state").GetString(), Is.EqualTo("stopped"));
            Assert.That(publisher.GetProperty("command_line").GetString(), Does.Contain("pause-in-claim"));
            Assert.That(publisher.GetProperty("open_claim").GetInt64(), Is.EqualTo(Endpoint(seen, "subscriber").GetProperty("position").GetInt64()));
        });
        stuck.Continue();
        stuck.WriteLine("");
        stuck.Expect("committed");
        Assert.That(Kinds(_bus.Run("inspect", "t", "--json").Json.GetProperty("topics")[0]), Has.None.EqualTo("stuck_claim").And.None.EqualTo("stopped"));
    }

    [Test]
    public void A_publisher_that_was_killed_in_a_claim_is_dead_until_its_loss_is_counted()
    {
        _bus.MakeAbandonedClaim("t");
        JsonElement before = Inspect("t");
        Assert.That(Kinds(before), Is.EqualTo(["abandoned_claim", "dead_endpoint", "unread"]));
        Assert.That(Endpoint(before, "publisher").GetProperty("state").GetString(), Is.EqualTo("dead"));
        using Topic topic = _bus.Bus.OpenTopic("t");
        using Subscriber subscriber = topic.CreateSubscriber();
        for (int i = 0; i < 3; i++)
        {
            subscriber.Read();
        }
        subscriber.Complete();
        subscriber.WaitToRead(TimeSpan.Zero);
        JsonElement after = Inspect("t");
        Assert.That(Kinds(after), Is.EqualTo(["dead_endpoint"]));
        Assert.That(after.GetProperty("counters").GetProperty("losses").GetInt64(), Is.EqualTo(1));
    }

    [Test]
    public void A_publisher_that_sleeps_for_room_is_told_with_for_whom()
    {
        using PeerProcess full = LibraryPeer.Start("publish-without-end", _bus.Make("t", new TopicOptions { Capacity = 4096 }), 100);
        using TopicObserver observer = _bus.Bus.ObserveTopic("t");
        Until.True(() => observer.Inspect().Endpoints is [{ IsParked: true }]);
        Assert.That(Message(Inspect("t"), "full"), Does.Contain($"process {full.Id}").And.Contain("nobody reads"));
        using PeerProcess reader = LibraryPeer.Start("hold-subscriber", _bus.File("t"));
        reader.Expect("holding");
        Until.True(() => observer.Inspect().Endpoints is [{ IsParked: true }, _]);
        JsonElement held = Inspect("t");
        Assert.That(Message(held, "full"), Does.Contain($"waits for subscriber 0 (process {reader.Id}"));
        Assert.That(Kinds(held), Does.Contain("not_reading"));
        Assert.That(Endpoint(held, "publisher").GetProperty("state").GetString(), Is.EqualTo("parked"));
        reader.Kill();
        Assert.That(Message(Inspect("t"), "full"), Does.Contain("which died"));
    }

    [Test]
    public void A_kept_place_that_nobody_reads_is_named()
    {
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("t", new TopicOptions { Delivery = Delivery.Broadcast, Capacity = 4096 }))
        {
            topic.CreateSubscriber(place: "billing").Dispose();
        }
        using PeerProcess full = LibraryPeer.Start("publish-without-end", _bus.File("t"), 100);
        using TopicObserver observer = _bus.Bus.ObserveTopic("t");
        Until.True(() => observer.Inspect().Endpoints.Any(static endpoint => endpoint.IsParked));
        JsonElement seen = Inspect("t");
        Assert.That(Message(seen, "full"), Does.Contain("the place 'billing'"));
        Assert.That(Endpoint(seen, "subscriber").GetProperty("state").GetString(), Is.EqualTo("kept"));
    }

    [Test]
    public void A_topic_whose_name_is_gone_is_seen_through_those_who_have_it_open()
    {
        using PeerProcess peer = _bus.MakeUnlinked("t");
        ToolProcess.Result result = _bus.Run("inspect", "t", "--json");
        JsonElement seen = result.Json.GetProperty("topics")[0];
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Unlinked));
        Assert.That(Message(seen, "unlinked"), Does.Contain($"process {peer.Id}"));
        Assert.That(Endpoint(seen, "publisher").GetProperty("process_id").GetInt32(), Is.EqualTo(peer.Id));
        peer.Kill();
        Assert.That(_bus.Run("inspect", "t").ExitCode, Is.EqualTo(ExitCode.NotFound));
    }

    [Test]
    public void A_corrupt_ring_is_told()
    {
        string path = _bus.Make("t");
        using (FileStream file = new(path, FileMode.Open))
        {
            // The tail.
            file.Position = 512;
            file.Write(BitConverter.GetBytes(17UL));
        }
        using Topic topic = _bus.Bus.OpenTopic("t");
        Assert.That(() => topic.CreatePublisher(), Throws.TypeOf<Rings.RingCorruptException>());
        ToolProcess.Result result = _bus.Run("inspect", "t", "--json");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Corrupt));
        Assert.That(Kinds(result.Json.GetProperty("topics")[0]), Does.Contain("corrupt"));
    }

    [Test]
    public void The_text_says_how_it_was_made_and_lists_who_is_there()
    {
        using Topic topic = _bus.Bus.OpenOrCreateTopic("t", new TopicOptions { Delivery = Delivery.Broadcast, Capacity = 1 << 20, EvictionLag = 1 << 20 });
        using Subscriber subscriber = topic.CreateSubscriber(place: "here");
        ToolProcess.Result result = _bus.Run("inspect", "t");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Success), result.Output + result.Error);
            Assert.That(result.Output, Does.Match(@"(?m)^kind +broadcast-evict$"));
            Assert.That(result.Output, Does.Match(@"(?m)^capacity +1048576 bytes \(1M\)$"));
            Assert.That(result.Output, Does.Match(@"(?m)^when full +subscribers that lag more than .* are evicted$"));
            Assert.That(result.Output, Does.Match($@"(?m)^subscriber +0 +alive +{Environment.ProcessId} .* here "));
        });
    }

    [Test]
    public void The_oldest_and_the_newest_message_are_shown_and_since_when_what_blocks_does()
    {
        DateTimeOffset published = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        using Topic topic = _bus.Bus.OpenOrCreateTopic("t", new TopicOptions { Publishers = 2 });
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish("read by now"u8);
        using Subscriber subscriber = topic.CreateSubscriber();
        subscriber.Read();
        subscriber.Complete();
        publisher.Publish("next"u8, 7, new MessageExtras { Timestamp = published });
        publisher.Publish([0xFF, 0], 8, new MessageExtras { Timestamp = published.AddHours(1) });
        using PeerProcess stuck = LibraryPeer.Start("pause-in-claim", _bus.File("t"), 0);
        stuck.Expect("in claim");
        publisher.Publish("behind it"u8);
        JsonElement seen = Inspect("t");
        JsonElement messages = seen.GetProperty("messages");
        Assert.Multiple(() =>
        {
            Assert.That(messages.GetProperty("count").GetInt64(), Is.EqualTo(3), "what is behind a message in the making cannot be read");
            Assert.That(messages.GetProperty("oldest").GetProperty("preview").GetString(), Is.EqualTo("\"read by now\""));
            Assert.That(messages.GetProperty("next").GetProperty("preview").GetString(), Is.EqualTo("\"next\""));
            Assert.That(messages.GetProperty("next").GetProperty("type").GetInt32(), Is.EqualTo(7));
            Assert.That(messages.GetProperty("newest").GetProperty("preview").GetString(), Is.EqualTo("ff00"));
            Assert.That(Since("stuck_claim"), Is.EqualTo(published.AddHours(1)));
            Assert.That(Since("not_reading"), Is.EqualTo(published));
            Assert.That(_bus.Run("inspect", "t").Output, Does.Match(@"(?m)^next to be read +\d+  type 7  4 bytes  2026-01-02 03:04:05Z").And.Match("not_reading: .*; since 2026-01-02 03:04:05Z"));
        });

        DateTimeOffset? Since(string kind) =>
            seen.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("kind").GetString() == kind).GetProperty("since").GetDateTimeOffset();
    }

    private JsonElement Inspect(string name) => _bus.Run("inspect", name, "--json").Json.GetProperty("topics")[0];

    private static string[] Kinds(JsonElement topic) => [.. topic.GetProperty("findings").EnumerateArray().Select(static finding => finding.GetProperty("kind").GetString()!)];

    private static string Message(JsonElement topic, string kind) =>
        topic.GetProperty("findings").EnumerateArray().Single(finding => finding.GetProperty("kind").GetString() == kind).GetProperty("message").GetString()!;

    private static JsonElement Endpoint(JsonElement topic, string role) =>
        topic.GetProperty("endpoints").EnumerateArray().Single(endpoint => endpoint.GetProperty("role").GetString() == role);
}
