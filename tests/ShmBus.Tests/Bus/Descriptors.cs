using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>What is refused leaves no file open.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Descriptors : IDisposable
{
    private static readonly TopicOptions Lanes = new() { Capacity = 4096, Publishers = 2, Lanes = true };
    private static readonly TopicOptions Broadcast = new() { Capacity = 4096, Delivery = Delivery.Broadcast, Subscribers = 2 };

    private readonly BusOfATest _bus = new();

    public void Dispose() => _bus.Dispose();

    [Test]
    public void No_refusal_leaves_one_behind()
    {
        foreach ((string name, TopicOptions options) in ((string, TopicOptions)[])[("queue", new()), ("broadcast", Broadcast), ("lanes", Lanes), ("mangled", Lanes), ("damaged", new())])
        {
            _bus.Make(name, options);
        }
        using Topic queue = _bus.Bus.OpenTopic("queue"), broadcast = _bus.Bus.OpenTopic("broadcast"), lanes = _bus.Bus.OpenTopic("lanes"), mangled = _bus.Bus.OpenTopic("mangled");
        mangled.CreatePublisher().Dispose();
        _bus.MakeNewer("newer");
        _bus.Overwrite("damaged", RegionDescriptor.CapacityOffset, 0xFF);
        _bus.Overwrite("mangled.lane0", RegionDescriptor.CapacityOffset, 0xFF);
        Directory.CreateDirectory(_bus.File("directory"));
        using Publisher publisher = queue.CreatePublisher(), first = lanes.CreatePublisher(), second = lanes.CreatePublisher();
        using Subscriber subscriber = queue.CreateSubscriber(), place = broadcast.CreateSubscriber(place: "p"), other = broadcast.CreateSubscriber(), reader = lanes.CreateSubscriber();
        (Type Refusal, Func<object?> Use)[] refusals =
        [
            (typeof(NotFoundErrnoException), () => _bus.Bus.OpenTopic("missing")), (typeof(RegionVersionException), () => _bus.Bus.OpenTopic("newer")),
            (typeof(RegionFormatException), () => _bus.Bus.OpenTopic("damaged")), (typeof(RegionTypeException), () => _bus.Bus.OpenTopic("directory")),
            (typeof(TopicMismatchException), () => _bus.Bus.OpenOrCreateTopic("lanes")), (typeof(TopicMismatchException), () => _bus.Bus.OpenOrCreateTopic("broadcast")),
            (typeof(RegionFormatException), () => Topic.Open(_bus.File("lanes.lane0"))), (typeof(RegionFormatException), () => _bus.Bus.InspectTopic("damaged")),
            (typeof(TopicInUseException), () => _bus.Bus.DeleteTopic("queue")), (typeof(TopicInUseException), () => _bus.Bus.DeleteTopic("lanes")),
            (typeof(RegionVersionException), () => _bus.Bus.DeleteTopic("newer")), (typeof(RegionTypeException), () => _bus.Bus.DeleteTopic("directory")),
            (typeof(EndpointInUseException), () => queue.CreatePublisher()), (typeof(EndpointInUseException), () => queue.CreateSubscriber()),
            (typeof(EndpointInUseException), () => broadcast.CreateSubscriber()), (typeof(EndpointInUseException), () => broadcast.CreateSubscriber(place: "q")),
            (typeof(EndpointInUseException), () => broadcast.CreateSubscriber(place: "p")), (typeof(EndpointInUseException), () => broadcast.RemovePlace("p")),
            (typeof(EndpointInUseException), () => lanes.CreatePublisher()), (typeof(EndpointInUseException), () => lanes.CreateSubscriber()),
            (typeof(RegionFormatException), () => mangled.CreatePublisher()), (typeof(RegionFormatException), () => mangled.CreateSubscriber()),
            (typeof(RegionFormatException), () => mangled.Inspect()),
        ];
        int before = ProcessFiles.DescriptorsBelow(_bus.Parent);
        foreach ((Type refusal, Func<object?> use) in refusals)
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.That(() => use(), Throws.TypeOf(refusal));
            }
            Assert.That(ProcessFiles.DescriptorsBelow(_bus.Parent), Is.EqualTo(before), $"{refusal.Name} {Array.IndexOf(refusals, (refusal, use))}");
        }
        _ = _bus.Bus.ListTopics();
        _ = _bus.Bus.DeleteStaleTopics();
        Assert.That(ProcessFiles.DescriptorsBelow(_bus.Parent), Is.EqualTo(before), "neither did a listing, nor what was left alone");
    }

    [Test]
    public void Nor_does_a_bus_that_is_refused()
    {
        Directory.CreateDirectory(_bus.File("open"));
        File.SetUnixFileMode(_bus.File("open"), (UnixFileMode)0b111_111_111);
        File.WriteAllText(_bus.File("file"), "");
        int before = ProcessFiles.DescriptorsBelow(_bus.Parent);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(() => Bus.Open(_bus.File("open")), Throws.TypeOf<RegionOwnerException>());
            Assert.That(() => Bus.Open(_bus.File("file")), Throws.TypeOf<RegionTypeException>());
            Assert.That(() => Bus.Open(_bus.File("none/below")), Throws.TypeOf<NotFoundErrnoException>().With.Message.Contains("make those above it first"));
        }
        Assert.That(ProcessFiles.DescriptorsBelow(_bus.Parent), Is.EqualTo(before));
    }
}
