using ShmBus.Tool.Doctor;
using ShmBus.Waiting;

namespace ShmBus.Tool.Tests.Doctor;

/// <summary>What can be wrong on a bus, brought about, and found.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class BusFindingTests : IDisposable
{
    private readonly TestDirectory _parent = new();
    private readonly Bus _bus;

    public BusFindingTests() => _bus = Bus.Open(Path);

    private string Path => _parent.File("bus");

    public void Dispose()
    {
        _bus.Dispose();
        _parent.Dispose();
    }

    [Test]
    public void A_healthy_bus_with_a_live_pair_has_none()
    {
        Make("t");
        using PeerProcess receiver = LibraryPeer.Start("receive", File("t"), WaitStrategy.Adaptive, 1, 0, 1_000_000_000);
        receiver.Expect("ready");
        using PeerProcess sender = LibraryPeer.Start("send", File("t"), WaitStrategy.Adaptive, 1, 0, 1_000_000_000);
        sender.Expect("ready");
        Examination found = Examination.Of(Path);
        Assert.That(found.Troubles, Is.Empty);
        Assert.That(found.ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(found.The("endpoints").Severity, Is.EqualTo(Severity.Ok));
    }

    [Test]
    public void A_bus_that_nobody_has_opened_is_told_and_is_not_made()
    {
        string missing = _parent.File("missing");
        Examination found = Examination.Of(missing);
        Assert.That(found.The("directory").Severity, Is.EqualTo(Severity.Note));
        Assert.That(found.ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(Directory.Exists(missing), Is.False);
    }

    [Test]
    public void A_directory_that_others_can_change_is_an_error()
    {
        System.IO.File.SetUnixFileMode(Path, (UnixFileMode)0b111_111_111);
        Examination found = Examination.Of(Path);
        Assert.That(found.The("directory").Severity, Is.EqualTo(Severity.Error));
        Assert.That(found.The("directory").Text, Does.Contain("777"));
        Assert.That(found.ExitCode, Is.EqualTo(ExitCode.Finding));
    }

    [Test]
    public void A_bus_that_this_user_may_not_look_at_is_an_error()
    {
        Examination found = Examination.Under(new Confinement().User(54_323, 54_323).Words, Path);
        Assert.That(found.The("directory").Severity, Is.EqualTo(Severity.Error));
        Assert.That(found.The("directory").Subject, Is.EqualTo(Path));
        Assert.That(found.ExitCode, Is.EqualTo(ExitCode.Finding));
    }

    [Test]
    public void A_publisher_that_was_killed_is_found_and_its_slot_is_freed()
    {
        Make("t");
        using (PeerProcess dead = LibraryPeer.Start("die-in-claim", File("t"), 3))
        {
            dead.ExitCode();
        }
        Examination found = Examination.Of(Path);
        Assert.That(found.Troubles.Select(static finding => (finding.Check, finding.Severity, finding.Subject)),
            Is.EqualTo(new[] { ("endpoints", Severity.Warning, "t"), ("claims", Severity.Warning, "t") }));
        Examination.Found endpoint = found.The("endpoints");
        Assert.That(endpoint.Text, Does.StartWith("publisher 0 ").And.Contain("died without leaving"));
        Assert.That(found.The("claims").Text, Does.Contain("died with a message in the making"));
        Assert.That(endpoint.Fix, Is.Not.Null);

        Examination after = Examination.Of(Path, "--fix");
        Assert.That(after.Fixed, Is.EqualTo(new[] { endpoint.Fix }));
        Assert.That(after.Troubles, Is.Empty);
        Assert.That(after.ExitCode, Is.EqualTo(ExitCode.Success));

        // What it had committed is there.
        using Topic topic = _bus.OpenTopic("t");
        using Subscriber subscriber = topic.CreateSubscriber();
        for (ulong i = 0; i < 3; i++)
        {
            Assert.That(BitConverter.ToUInt64(subscriber.Read().Payload), Is.EqualTo(i));
        }
        Assert.That(subscriber.TryRead(out _), Is.False);
    }

    [Test]
    public void A_subscriber_that_was_killed_is_found_and_left_to_its_successor()
    {
        Make("t");
        using (PeerProcess dead = LibraryPeer.Start("hold", File("t"), "subscriber"))
        {
            dead.Expect("holding");
            dead.Kill();
        }
        Examination.Found found = Examination.Of(Path).Troubles.Single();
        Assert.That(found.Text, Does.StartWith("subscriber 0 ").And.Contain("died without leaving"));
        Assert.That(found.Fix, Is.Null);
    }

    [Test]
    public void A_process_that_is_stopped_is_found()
    {
        Make("t");
        using PeerProcess peer = LibraryPeer.Start("hold", File("t"), "subscriber");
        peer.Expect("holding");
        peer.Stop();
        Until.True(() => System.IO.File.ReadAllText($"/proc/{peer.Id}/stat").Contains(") T ", StringComparison.Ordinal));
        Examination.Found found = Examination.Of(Path).Troubles.Single();
        Assert.That(found.Text, Does.Contain($"is stopped: let it go on (kill -CONT {peer.Id})"));
    }

    [Test]
    public void A_message_that_is_not_finished_is_found()
    {
        Make("t", new TopicOptions { Publishers = 2 });
        using PeerProcess peer = LibraryPeer.Start("pause-in-claim", File("t"), 0);
        peer.Expect("in claim");
        Examination open = Examination.Of(Path);
        Examination.Found found = open.The("claims");
        Assert.That((found.Severity, found.Subject, open.ExitCode), Is.EqualTo((Severity.Warning, "t", ExitCode.Finding)));
        Assert.That(found.Text, Does.Contain($"process {peer.Id},").And.Contain("has a message in the making"));
        peer.WriteLine("");
        peer.Expect("committed");
        Assert.That(Examination.Of(Path).The("claims").Severity, Is.EqualTo(Severity.Ok));
    }

    [Test]
    public void A_subscriber_that_does_not_read_while_the_ring_is_full_is_found()
    {
        Make("t");
        using PeerProcess peer = LibraryPeer.Start("hold", File("t"), "subscriber");
        peer.Expect("holding");
        using PeerProcess publisher = LibraryPeer.Start("publish-without-end", File("t"), 1000);
        Until.True(() => _bus.InspectTopic("t").Endpoints.Any(static endpoint => endpoint is { Role: Rings.EndpointRole.Publisher, IsParked: true }));
        Examination found = Examination.Of(Path);
        Assert.That(found.Troubles.Single().Text, Does.Contain("sleeps because there is no room; it waits for subscriber 0"));
        Assert.That(found.Troubles.Single().Meaning, Does.Contain("nothing moves"));
    }

    [Test]
    public void Messages_that_nobody_reads_are_found()
    {
        Make("t");
        using Topic topic = _bus.OpenTopic("t");
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish(new byte[100]);
        Assert.That(Examination.Of(Path).Troubles.Single().Text, Is.EqualTo("128 bytes are there, and nobody reads them"));
    }

    [Test]
    public void A_subscriber_that_was_evicted_is_found()
    {
        Make("t", new TopicOptions { Delivery = Delivery.Broadcast, EvictionLag = 256 << 10 });
        using Topic topic = _bus.OpenTopic("t");
        using Subscriber slow = topic.CreateSubscriber();
        using Publisher publisher = topic.CreatePublisher();
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(new byte[1000]);
        }
        Assert.That(Examination.Of(Path).Troubles.Single().Text, Does.Contain("was evicted"));
    }

    [Test]
    public void Files_that_are_no_whole_topics_are_each_found_with_what_they_are()
    {
        Make("good");
        Make("truncated");
        using (FileStream file = System.IO.File.OpenWrite(File("truncated")))
        {
            file.SetLength(8192);
        }
        Make("newer");
        Overwrite("newer", offset: 8, 2);
        Make("damaged");
        Overwrite("damaged", offset: 64, 0xFF);
        WriteFile("garbage", new string('x', 10_000));
        WriteFile("empty", "");
        WriteFile("no name", "x");
        Make("open");
        System.IO.File.SetUnixFileMode(File("open"), (UnixFileMode)0b110_110_110);
        System.IO.File.CreateSymbolicLink(File("link"), "good");
        Directory.CreateDirectory(File("directory"));

        Examination found = Examination.Of(Path);
        Assert.That(found.Troubles.Select(static finding => (finding.Check, finding.Subject)), Is.EqualTo(
            new[] { "damaged", "directory", "empty", "garbage", "link", "newer", "no name", "open", "truncated" }.Select(static name => ("files", name))));
        Assert.Multiple(() =>
        {
            Assert.That(found.The("files", "truncated").Meaning, Does.Contain("truncated").And.Contain("SIGBUS"));
            Assert.That(found.The("files", "newer").Meaning, Does.Contain("another major version"));
            Assert.That(found.The("files", "garbage").Meaning, Does.Contain("another kind of file"));
            Assert.That(found.The("files", "damaged").Meaning, Does.Contain("wrote over its header"));
            Assert.That(found.The("files", "empty").Meaning, Does.Contain("empty"));
            Assert.That(found.The("files", "link").Meaning, Does.Contain("leads elsewhere"));
            Assert.That(found.The("files", "directory").Meaning, Does.Contain("leads elsewhere"));
            Assert.That(found.The("files", "open").Meaning, Does.Contain("rights"));
            Assert.That(found.The("files", "no name").Severity, Is.EqualTo(Severity.Warning));
            Assert.That(found.Troubles.Select(static finding => finding.Advice), Has.None.Empty);
            Assert.That(found.Troubles.Select(static finding => finding.Fix), Is.All.Null);
        });
    }

    [Test]
    public void A_lane_that_is_damaged_is_found_and_the_rest_is_looked_at()
    {
        Make("hub", new TopicOptions { Lanes = true });
        using (Topic topic = _bus.OpenTopic("hub"))
        {
            topic.CreatePublisher().Dispose();
        }
        Make("whole");
        WriteFile("hub.lane0", new string('x', 10_000));
        Examination found = Examination.Of(Path);
        Assert.That(found.Troubles.Select(static finding => (finding.Check, finding.Subject)), Is.EqualTo(new[] { ("files", "hub") }));
        Assert.That(found.The("files").Meaning, Does.Contain("lanes"));
    }

    [Test]
    public void A_topic_whose_name_is_gone_is_found_and_one_that_took_its_place()
    {
        Make("gone");
        Make("replaced");
        using PeerProcess first = LibraryPeer.Start("hold", File("gone"), "publisher");
        using PeerProcess second = LibraryPeer.Start("hold", File("replaced"), "publisher");
        first.Expect("holding");
        second.Expect("holding");
        System.IO.File.Delete(File("gone"));
        System.IO.File.Delete(File("replaced"));
        Make("replaced");
        Examination found = Examination.Of(Path);
        Assert.That(found.The("unlinked", "gone").Text, Does.StartWith($"its name is gone, but process {first.Id} has it open"));
        Assert.That(found.The("unlinked", "replaced").Text, Does.StartWith($"another topic has its name by now, but process {second.Id} has it open"));
        Assert.That(found.ExitCode, Is.EqualTo(ExitCode.Finding));
    }

    [Test]
    public void A_ring_that_an_endpoint_found_corrupt_is_found()
    {
        Make("t");
        // The tail, as somebody might write over it who has no business there.
        Overwrite("t", offset: 512, 1, 2, 3, 4, 5, 6, 7, 8);
        using (Topic topic = _bus.OpenTopic("t"))
        {
            Assert.That(() => topic.CreatePublisher(), Throws.InstanceOf<Rings.RingCorruptException>());
        }
        Assert.That(Examination.Of(Path).The("ring", "t").Severity, Is.EqualTo(Severity.Error));
    }

    [Test]
    public void What_was_left_of_makers_that_were_killed_is_found_and_removed_and_all_else_is_left()
    {
        Make("hub", new TopicOptions { Lanes = true, Publishers = 2 });
        using (Topic topic = _bus.OpenTopic("hub"))
        {
            topic.CreatePublisher().Dispose();
        }
        System.IO.File.Delete(File("hub"));
        Make("used", new TopicOptions { Lanes = true });
        using PeerProcess user = LibraryPeer.Start("pause-in-claim", File("used"), 0);
        user.Expect("in claim");
        System.IO.File.Delete(File("used"));
        string unnamed = _parent.File(".bus.new-0");
        Directory.CreateDirectory(unnamed);

        Examination found = Examination.Of(Path);
        Assert.That(found.Troubles.Where(static finding => finding.Check == "leftovers").Select(static finding => finding.Subject), Is.EqualTo(new[] { unnamed, "hub.lane0", "used.lane0" }));
        Assert.That(Directory.Exists(unnamed), Is.True);

        Examination after = Examination.Of(Path, "--fix");
        Assert.That(after.Fixed, Has.Count.EqualTo(2));
        Assert.That(Directory.Exists(unnamed), Is.False);
        // A living process has that one open.
        Assert.That(Directory.GetFiles(Path).Select(System.IO.Path.GetFileName), Is.EqualTo(new[] { "used.lane0" }));
        Assert.That(after.ExitCode, Is.EqualTo(ExitCode.Finding));
    }

    [Test]
    public void Fixing_leaves_a_live_pair_undisturbed()
    {
        const int count = 3_000_000;
        Make("t", new TopicOptions { Publishers = 3, Capacity = 8192 });
        using PeerProcess receiver = LibraryPeer.Start("receive", File("t"), WaitStrategy.Adaptive, 7, 0, count);
        receiver.Expect("ready");
        using PeerProcess sender = LibraryPeer.Start("send", File("t"), WaitStrategy.Adaptive, 7, 0, count);
        sender.Expect("ready");
        using (PeerProcess dead = LibraryPeer.Start("pause-in-claim", File("t"), 0))
        {
            dead.Expect("in claim");
            dead.Kill();
        }
        Examination after = Examination.Of(Path, "--fix");
        Assert.That(after.Fixed, Has.Count.EqualTo(1));
        Assert.That(after.Troubles, Is.Empty);
        sender.Expect("sent");
        // It verifies that each message is there once, in order and intact.
        receiver.Expect("received");
    }

    [Test]
    public void People_get_the_same_with_what_it_means_and_what_to_do()
    {
        WriteFile("garbage", "x");
        ToolProcess.Result result = ToolProcess.Run("doctor", "--bus", Path);
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Finding));
        Assert.That(result.Output, Does.Match(@"(?m)^error    files        garbage: .*\n +means: +.+\n +do: +.+$"));
        Assert.That(result.Output, Does.EndWith("1 error, 0 warnings.\n"));
    }

    private string File(string name) => System.IO.Path.Combine(Path, name);

    private void Make(string name, TopicOptions? options = null) => _bus.OpenOrCreateTopic(name, options).Dispose();

    private void WriteFile(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        System.IO.File.SetUnixFileMode(File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void Overwrite(string name, int offset, params byte[] bytes)
    {
        using FileStream file = new(File(name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = offset;
        file.Write(bytes);
    }
}
