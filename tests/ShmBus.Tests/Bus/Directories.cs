using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>Where a bus is, whom it lets in, and what happens when its directory goes.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Directories : IDisposable
{
    private const UnixFileMode Shared = (UnixFileMode)0b110_110_000;
    private const int Group = 54_322;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestCase("-", "600", "-", "/dev/shm/shmbus-0 700 0 600 0")]
    [TestCase("prices", "600", "-", "/dev/shm/shmbus-0.prices 700 0 600 0")]
    [TestCase("-", "640", "54322", "/dev/shm/shmbus-g54322 2750 54322 640 54322")]
    [TestCase("prices", "660", "54322", "/dev/shm/shmbus-g54322.prices 2770 54322 660 54322")]
    public void By_default_it_is_one_for_each_user_or_group(string name, string mode, string group, string expected)
    {
        Posix.RequireRoot("to give a directory to a group that one is not in");
        for (int i = 0; i < 2; i++)
        {
            using PeerProcess peer = PeerProcess.Start(new Confinement().OwnNamespaces(_directory.Path), "bus-open", name, mode, group);
            peer.Expect(expected);
            Assert.That(peer.ExitCode(), Is.Zero);
        }
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void Any_directory_will_do_and_its_last_part_is_made()
    {
        using (Bus bus = Bus.Open(_directory.File("a") + "/"))
        {
            Assert.That(bus.Directory, Is.EqualTo(_directory.File("a")));
            Assert.That((int)File.GetUnixFileMode(bus.Directory), Is.EqualTo(0b111_000_000));
            Assert.That(bus.OpenOrCreateTopic("t").Path, Is.EqualTo(_directory.File("a/t")));
        }
        using Bus there = Bus.Open(_directory.File("a"));
        using Topic topic = there.OpenTopic("t");
        Assert.That(() => Bus.Open(_directory.File("b/c")), Throws.TypeOf<ShmBus.Native.NotFoundErrnoException>());
    }

    [Test]
    public void Who_only_looks_makes_no_directory()
    {
        BusOptions options = new() { Directory = _directory.File("a"), CreateDirectory = false };
        Assert.That(() => Bus.Open(options), Throws.TypeOf<ShmBus.Native.NotFoundErrnoException>());
        Assert.That(Directory.Exists(_directory.File("a")), Is.False);
        Bus.Open(_directory.File("a")).Dispose();
        using Bus there = Bus.Open(options);
        Assert.That(there.ListTopics(), Is.Empty);
    }

    [Test]
    public void Options_that_cannot_be_used_are_refused_by_name()
    {
        Expect(new BusOptions { Directory = "" }, "Directory is empty");
        Expect(new BusOptions { Directory = "/dev/shm/x", Name = "x" }, "Name is 'x' and Directory is '/dev/shm/x'");
        Expect(new BusOptions { Name = "a/b" }, "Name is 'a/b'", "index 1");
        Expect(new BusOptions { Name = "" }, "Name is ''", "empty");
        Expect(new BusOptions { Mode = (UnixFileMode)0b110_110_110 }, "Mode is 666", "expected 600, 640 or 660");
        Expect(new BusOptions { Mode = Shared }, "Group is not set");
        Expect(new BusOptions { Mode = Shared, Group = -1 }, "Group is -1");
        Expect(new BusOptions { Group = 5 }, "Group is 5", "Mode");

        static void Expect(BusOptions options, params string[] words)
        {
            string message = Assert.Throws<ArgumentException>(() => Bus.Open(options).Dispose())!.Message;
            Assert.Multiple(() => Array.ForEach(words, word => Assert.That(message, Does.Contain(word))));
        }
    }

    [Test]
    public void What_is_no_directory_of_ones_own_is_refused()
    {
        string target = _directory.File("target");
        Directory.CreateDirectory(target, (UnixFileMode)0b111_000_000);
        File.CreateSymbolicLink(_directory.File("link"), target);
        File.WriteAllText(_directory.File("file"), "");
        Assert.That(() => Bus.Open(_directory.File("link")), Throws.TypeOf<RegionTypeException>());
        Assert.That(() => Bus.Open(_directory.File("link/")), Throws.TypeOf<RegionTypeException>());
        Assert.That(() => Bus.Open(_directory.File("file")), Throws.TypeOf<RegionTypeException>());
        File.SetUnixFileMode(target, (UnixFileMode)0b111_111_111);
        Assert.That(() => Bus.Open(target), Throws.TypeOf<RegionOwnerException>());
    }

    [Test]
    public void Topics_follow_the_bus_unless_they_say_otherwise()
    {
        Posix.RequireRoot("to give a file to a group that one is not in");
        using Bus bus = Bus.Open(new BusOptions { Directory = _directory.File("a"), Mode = Shared, Group = Group });
        bus.OpenOrCreateTopic("shared").Dispose();
        bus.OpenOrCreateTopic("own", new TopicOptions { Mode = RegionOptions.OwnerOnly }).Dispose();
        bus.OpenOrCreateTopic("other", new TopicOptions { Group = Group + 1 }).Dispose();
        Assert.That(bus.ListTopics().Select(static info => (info.Name, (int?)info.Options?.Mode, info.Options?.Group)), Is.EqualTo(new (string, int?, int?)[]
        {
            // For the bus, the group of the first is not one that was let in.
            ("other", null, null), ("own", 0b110_000_000, Group), ("shared", 0b110_110_000, Group),
        }));
    }

    [Test]
    public void A_bus_whose_directory_was_removed_says_so([Values] bool replaced)
    {
        string path = _directory.File("a");
        using Bus bus = Bus.Open(path);
        using Topic topic = bus.OpenOrCreateTopic("t");
        Directory.Delete(path, recursive: true);
        if (replaced)
        {
            Directory.CreateDirectory(path, (UnixFileMode)0b111_000_000);
        }
        foreach (Action use in (Action[])
        [
            () => bus.OpenTopic("t"), () => bus.OpenOrCreateTopic("t"), () => bus.ListTopics(), () => bus.InspectTopic("t"), () => bus.DeleteTopic("t"), () => bus.DeleteStaleTopics(), () => bus.DeleteLeftLanes(),
        ])
        {
            BusRemovedException refusal = Assert.Throws<BusRemovedException>(() => use())!;
            Assert.That(refusal.Path, Is.EqualTo(path));
            Assert.That(refusal.Message, Does.Contain("Open the bus anew"));
        }
        using Bus anew = Bus.Open(path);
        using Topic other = anew.OpenOrCreateTopic("t");
        Assert.That(other.IsNew, Is.True);
    }

    [Test]
    public void A_disposed_bus_opens_nothing_and_its_topics_live_on()
    {
        Bus bus = Bus.Open(_directory.File("a"));
        using Topic topic = bus.OpenOrCreateTopic("t", new TopicOptions { Lanes = true });
        bus.Dispose();
        bus.Dispose();
        Assert.That(() => bus.OpenTopic("t"), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => bus.ListTopics(), Throws.TypeOf<ObjectDisposedException>());
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        publisher.Publish("still"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("still"u8), Is.True);
    }

    [Test]
    public void Lanes_are_found_in_the_directory_that_was_opened_wherever_it_is_now()
    {
        using Bus bus = Bus.Open(_directory.File("a"));
        using Topic topic = bus.OpenOrCreateTopic("t", new TopicOptions { Lanes = true });
        using Subscriber subscriber = topic.CreateSubscriber();
        topic.Dispose();
        using Topic again = bus.OpenTopic("t");
        bus.Dispose();
        Directory.Move(_directory.File("a"), _directory.File("b"));
        using Publisher publisher = again.CreatePublisher();
        publisher.Publish("here"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("here"u8), Is.True);
        Assert.That(File.Exists(_directory.File("b/t.lane0")), Is.True);
    }
}
