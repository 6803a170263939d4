using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>Looking at what is on a bus.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Listing : IDisposable
{
    private static readonly int Page = Environment.SystemPageSize;

    private readonly BusOfATest _bus = new();

    public void Dispose() => _bus.Dispose();

    [Test]
    public void A_new_bus_is_empty()
    {
        Assert.That(_bus.Bus.ListTopics(), Is.Empty);
        Assert.That(_bus.Bus.DeleteStaleTopics(), Is.Empty);
        Assert.That(() => _bus.Bus.OpenTopic("t"), Throws.TypeOf<NotFoundErrnoException>());
        Assert.That(() => _bus.Bus.InspectTopic("t"), Throws.TypeOf<NotFoundErrnoException>());
    }

    [Test]
    public void Topics_are_listed_as_they_were_made()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        _bus.Make("b", new TopicOptions { Capacity = 2 * Page, Publishers = 3 });
        using Topic topic = _bus.Bus.OpenOrCreateTopic("a", new TopicOptions { Capacity = 4 * Page, Publishers = 2, Lanes = true });
        using (topic.CreatePublisher())
        using (topic.CreatePublisher())
        {
            Assert.That(_bus.Files, Is.EqualTo(new[] { "a", "a.lane0", "a.lane1", "b" }));
        }
        TopicInfo[] found = [.. _bus.Bus.ListTopics()];
        Assert.That(found.Select(static info => info.Name), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(found.Select(static info => info.Problem), Is.All.Null);
        Assert.That((found[0].Options!.Capacity, found[0].Options!.Publishers, found[0].Options!.Lanes), Is.EqualTo((4 * Page, 2, true)));
        Assert.That((found[1].Options!.Capacity, found[1].Options!.Publishers, found[1].Options!.Lanes), Is.EqualTo((2 * Page, 3, false)));
        Assert.That(found.Select(static info => info.Options!.Mode), Is.All.EqualTo(RegionOptions.OwnerOnly));
        Assert.That(found.Select(static info => info.IsInUse), Is.EqualTo(new[] { true, false }));
        Assert.That(found[0].Size, Is.EqualTo(Directory.GetFiles(_bus.Path, "a*").Sum(static file => new FileInfo(file).Length)));
        Assert.That(found[1].Size, Is.EqualTo(new FileInfo(_bus.File("b")).Length));
        Assert.That(found.Select(static info => info.CreatedAt), Is.All.InRange(before, DateTimeOffset.UtcNow));
    }

    [Test]
    public void Every_option_that_shapes_a_topic_is_told_so_that_it_opens_with_those_that_are_listed()
    {
        foreach (TopicOptions options in (TopicOptions[])
        [
            new(), new() { Publishers = 2, Lanes = true }, new() { Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite, Subscribers = 3 },
            new() { Delivery = Delivery.Broadcast, Capacity = 4 * Page, EvictionLag = 3 * Page },
        ])
        {
            _bus.Make("t", options);
            TopicOptions found = _bus.Bus.ListTopics().Single().Options!;
            Assert.That(found with { Mode = null, Group = null }, Is.EqualTo(options with { Subscribers = options.Subscribers }));
            _bus.Make("t", found);
            Assert.That(_bus.Bus.DeleteTopic("t"), Is.True);
        }
    }

    [Test]
    public void What_is_no_topic_or_damaged_is_listed_with_its_problem_and_does_not_end_the_listing()
    {
        _bus.Make("good");
        File.WriteAllText(_bus.File("notes"), new string('x', 1000));
        File.WriteAllText(_bus.File("empty"), "");
        File.WriteAllText(_bus.File("not a name"), "");
        Directory.CreateDirectory(_bus.File("directory"));
        File.CreateSymbolicLink(_bus.File("link"), "good");
        Posix.MakeNode(_bus.File("pipe"), Posix.NamedPipe);
        _bus.MakeNewer("newer");
        _bus.Make("damaged");
        _bus.Overwrite("damaged", RegionDescriptor.CapacityOffset, 0xFF);
        _bus.Make("hub", new TopicOptions { Lanes = true });
        using (Topic hub = _bus.Bus.OpenTopic("hub"))
        {
            hub.CreatePublisher().Dispose();
        }
        File.Copy(_bus.File("hub.lane0"), _bus.File("lane"));
        foreach (string file in Directory.GetFiles(_bus.Path).Where(static file => new FileInfo(file).LinkTarget is null))
        {
            File.SetUnixFileMode(file, RegionOptions.OwnerOnly);
        }
        Assert.That(_bus.Bus.ListTopics().Select(static info => (info.Name, info.Problem?.GetType())), Is.EqualTo(new (string, Type?)[]
        {
            ("damaged", typeof(RegionFormatException)), ("directory", typeof(RegionTypeException)), ("empty", typeof(RegionSizeException)),
            ("good", null), ("hub", null), ("lane", typeof(RegionFormatException)), ("link", typeof(RegionTypeException)), ("newer", typeof(RegionVersionException)),
            ("not a name", typeof(TopicNameException)), ("notes", typeof(RegionFormatException)), ("pipe", typeof(RegionTypeException)),
        }));
    }

    [Test]
    public void A_damaged_topic_may_be_in_use()
    {
        using Topic topic = _bus.Bus.OpenOrCreateTopic("t");
        _bus.Overwrite("t", RegionDescriptor.CapacityOffset, 0xFF);
        TopicInfo info = _bus.Bus.ListTopics().Single();
        Assert.That((info.IsInUse, info.Problem), Is.EqualTo((true, info.Problem)));
        Assert.That(info.Problem, Is.Not.Null);
        topic.Dispose();
        Assert.That(_bus.Bus.ListTopics().Single().IsInUse, Is.False);
    }

    [Test]
    public void A_topic_is_inspected_without_anybody_having_it_open()
    {
        using (Topic topic = _bus.Bus.OpenOrCreateTopic("t"))
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish(new byte[100]);
            Assert.That(_bus.Bus.InspectTopic("t").Endpoints.Single().IsAlive, Is.True);
        }
        TopicSnapshot seen = _bus.Bus.InspectTopic("t");
        Assert.That((seen.PublishedBytes, seen.PendingBytes, seen.Name, seen.Endpoints.Count), Is.EqualTo((128L, 128L, RegionName.Intact, 0)));
    }
}
