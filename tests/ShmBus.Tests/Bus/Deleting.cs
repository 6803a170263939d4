using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>Deleting topics takes nothing from anybody who is alive.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Deleting : IDisposable
{
    private static readonly TopicOptions Lanes = new() { Publishers = 3, Lanes = true };

    private readonly BusOfATest _bus = new();

    public void Dispose() => _bus.Dispose();

    [Test]
    public void A_topic_that_nobody_uses_is_deleted_with_its_messages()
    {
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("t"))
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish([1]);
        }
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
        Assert.That(_bus.Files, Is.Empty);
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.False);
        using Topic anew = _bus.Bus.OpenOrCreateTopic("t");
        using Subscriber subscriber = anew.CreateSubscriber();
        Assert.That((anew.IsNew, subscriber.TryRead(out _)), Is.EqualTo((true, false)));
    }

    [Test]
    public void A_topic_that_another_process_uses_is_left_until_it_ends([Values("topic", "publisher", "subscriber")] string what, [Values] bool killed, [Values] bool lanes)
    {
        _bus.Make("t", lanes ? Lanes : null);
        using PeerProcess peer = PeerProcess.Start("bus-hold", what, _bus.Path, "t");
        peer.Expect("holding");
        TopicInUseException refusal = Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"))!;
        Assert.That(_bus.Bus.DeleteStaleTopics(), Is.Empty);
        Assert.That(_bus.Bus.ListTopics().Single().IsInUse, Is.True);
        Assert.That(refusal.Message, Does.Contain(_bus.File("t")).And.Contain(what == "topic" ? "no endpoint" : $"the {what} of process {peer.Id}"));
        Assert.That(refusal.Holders.Select(static holder => holder.ProcessId), Is.EqualTo(what == "topic" ? Array.Empty<int>() : [peer.Id]));
        if (killed)
        {
            peer.Kill();
        }
        else
        {
            peer.WriteLine("");
            peer.Expect("let go");
        }
        Assert.That(_bus.Bus.ListTopics().Single().IsInUse, Is.False);
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
        Assert.That(_bus.Files, Is.Empty);
    }

    [Test]
    public void A_topic_that_this_process_uses_is_left([Values("topic", "publisher", "subscriber")] string what)
    {
        Topic topic = _bus.Bus.OpenOrCreateTopic("t");
        using IDisposable held = what == "publisher" ? topic.CreatePublisher() : what == "subscriber" ? topic.CreateSubscriber() : topic;
        if (held != topic)
        {
            topic.Dispose();
        }
        Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"));
        held.Dispose();
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
    }

    [Test]
    public void A_topic_opened_by_its_path_is_left_as_well()
    {
        using Topic topic = Topic.OpenOrCreate(_bus.File("t"));
        Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"));
    }

    [Test]
    public void A_topic_goes_with_its_lanes_and_with_no_others()
    {
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("t", Lanes))
        {
            Publisher[] publishers = [.. Enumerable.Range(0, 3).Select(_ => topic.CreatePublisher())];
            Array.ForEach(publishers, publisher => publisher.Dispose());
        }
        File.Delete(_bus.File("t.lane1"));
        File.WriteAllText(_bus.File("t.lane1"), "something else");
        Topic.OpenOrCreate(_bus.File("t.lane2x")).Dispose();
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
        Assert.That(_bus.Files, Is.EqualTo(new[] { "t.lane1", "t.lane2x" }));
    }

    [Test]
    public void A_topic_of_which_a_lane_is_in_use_is_left_whole()
    {
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("t", Lanes))
        using (topic.CreatePublisher())
        using (topic.CreatePublisher())
        {
        }
        using RegionFile lane = RegionFile.Open(_bus.File("t.lane1"), RegionOptions.Default, readOnly: false);
        Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"));
        Assert.That(_bus.Files, Is.EqualTo(new[] { "t", "t.lane0", "t.lane1" }));
    }

    [Test]
    public void Stale_topics_are_deleted_and_what_is_alive_or_something_else_stays()
    {
        _bus.Make("stale1");
        _bus.Make("stale2", Lanes);
        using (Topic stale = _bus.Bus.OpenTopic("stale2"))
        {
            stale.CreatePublisher().Dispose();
        }
        using Topic live = _bus.Bus.OpenOrCreateTopic("live", Lanes);
        using Publisher publisher = live.CreatePublisher();
        live.Dispose();
        File.WriteAllText(_bus.File("notes"), new string('x', 1000));
        _bus.MakeNewer("newer");
        _bus.Make("damaged");
        _bus.Overwrite("damaged", RegionDescriptor.CapacityOffset, 0xFF);
        Assert.That(_bus.Bus.DeleteStaleTopics(), Is.EqualTo(new[] { "stale1", "stale2" }));
        Assert.That(_bus.Files, Is.EqualTo(new[] { "damaged", "live", "live.lane0", "newer", "notes" }));
        Assert.That(publisher.CheckName(), Is.EqualTo(RegionName.Intact));
    }

    [Test]
    public void Lanes_whose_topic_was_removed_are_stale()
    {
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("t", Lanes))
        using (topic.CreatePublisher())
        using (topic.CreatePublisher())
        {
            File.Delete(_bus.File("t"));
            Assert.That(_bus.Bus.DeleteStaleTopics(), Is.Empty);
            Assert.That(_bus.Files, Is.EqualTo(new[] { "t.lane0", "t.lane1" }), "they are in use");
        }
        using (Topic anew = _bus.Bus.OpenOrCreateTopic("t", Lanes))
        using (anew.CreatePublisher())
        {
            Assert.That(_bus.Bus.DeleteStaleTopics(), Is.Empty);
            Assert.That(_bus.Files, Is.EqualTo(new[] { "t", "t.lane0" }), "one of them is that of the new topic");
        }
    }

    [Test]
    public void Left_lanes_are_deleted_and_topics_stay()
    {
        _bus.Make("stale", Lanes);
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("gone", Lanes))
        using (topic.CreatePublisher())
        {
            File.Delete(_bus.File("gone"));
            Assert.That(_bus.Bus.DeleteLeftLanes(), Is.Empty, "it is in use");
        }
        using (Topic topic = _bus.Bus.OpenTopic("stale"))
        {
            topic.CreatePublisher().Dispose();
        }
        Assert.That(_bus.Bus.DeleteLeftLanes(), Is.EqualTo(new[] { "gone.lane0" }));
        Assert.That(_bus.Files, Is.EqualTo(new[] { "stale", "stale.lane0" }));
    }

    [Test]
    public void A_topic_that_lost_its_name_leaves_the_lanes_of_its_successor_alone()
    {
        using Topic old = _bus.Bus.OpenOrCreateTopic("t", Lanes);
        File.Delete(_bus.File("t"));
        using Topic anew = _bus.Bus.OpenOrCreateTopic("t", Lanes);
        using Publisher publisher = anew.CreatePublisher();
        Assert.That(() => old.CreatePublisher(), Throws.TypeOf<RegionFormatException>().With.Message.Contains("t.lane0"));
        using Subscriber subscriber = anew.CreateSubscriber();
        publisher.Publish([1]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
    }

    [Test]
    public void A_damaged_topic_is_deleted_by_its_name_if_nobody_uses_it()
    {
        using Topic topic = _bus.Bus.OpenOrCreateTopic("t");
        _bus.Overwrite("t", RegionDescriptor.CapacityOffset, 0xFF);
        Assert.That(Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"))!.Holders, Is.Empty);
        topic.Dispose();
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
    }

    [Test]
    public void What_is_no_topic_or_a_newer_one_is_not_deleted()
    {
        File.WriteAllText(_bus.File("notes"), new string('x', 1000));
        File.CreateSymbolicLink(_bus.File("link"), "notes");
        Directory.CreateDirectory(_bus.File("directory"));
        _bus.MakeNewer("newer");
        Assert.That(() => _bus.Bus.DeleteTopic("notes"), Throws.TypeOf<RegionFormatException>());
        Assert.That(() => _bus.Bus.DeleteTopic("link"), Throws.TypeOf<RegionTypeException>());
        Assert.That(() => _bus.Bus.DeleteTopic("directory"), Throws.TypeOf<RegionTypeException>());
        Assert.That(() => _bus.Bus.DeleteTopic("newer"), Throws.TypeOf<RegionVersionException>());
        Assert.That(_bus.Files, Is.EqualTo(new[] { "directory", "link", "newer", "notes" }));
    }

    [Test]
    public void Looking_keeps_nobody_from_deleting()
    {
        _bus.Make("t");
        using RegionFile looking = RegionFile.Open(_bus.File("t"), RegionOptions.Default, readOnly: true);
        Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
    }

    [Test]
    public void Watching_keeps_nobody_from_deleting([Values] bool inProcess)
    {
        using Bus bus = inProcess ? Bus.InProcess() : Bus.Open(_bus.Path);
        Topic topic = bus.OpenOrCreateTopic("t");
        using PeerMonitor monitor = topic.WatchPeers(static (_, _) => { });
        Assert.Throws<TopicInUseException>(() => bus.DeleteTopic("t"));
        topic.Dispose();
        Assert.That(bus.ListTopics().Single().IsInUse, Is.False);
        Assert.That(bus.DeleteTopic("t"), Is.True);
        Assert.That(monitor.Peers, Is.Empty);
    }

    [Test]
    public void Whoever_opens_while_a_deletion_is_under_way_waits_for_it_and_gets_another_topic()
    {
        _bus.Make("t");
        using RegionDirectory directory = RegionDirectory.Open(_bus.Path, create: false, RegionOptions.Default);
        using RegionDeletion deletion = RegionDeletion.TryBegin(directory, "t")!;
        using ManualResetEventSlim started = new();
        Task<bool> opening = Task.Run(() =>
        {
            started.Set();
            using Topic topic = _bus.Bus.OpenOrCreateTopic("t");
            return topic.IsNew;
        });
        started.Wait();
        Assert.That(opening.IsCompleted, Is.False);
        deletion.Delete();
        deletion.Dispose();
        Assert.That(opening.Result, Is.True);
    }

    [Test]
    public void A_deleter_that_is_stopped_in_the_middle_is_named_as_the_cause_after_a_while()
    {
        _bus.Make("t");
        using RegionDirectory directory = RegionDirectory.Open(_bus.Path, create: false, RegionOptions.Default);
        using RegionDeletion stopped = RegionDeletion.TryBegin(directory, "t")!;
        Assert.That(() => _bus.Bus.OpenTopic("t"), Throws.TypeOf<ShmBus.Native.LimitErrnoException>().With.Message.Contains("in order to delete it"));
        Assert.Throws<TopicInUseException>(() => _bus.Bus.DeleteTopic("t"));
        stopped.Dispose();
        _bus.Bus.OpenTopic("t").Dispose();
    }
}
