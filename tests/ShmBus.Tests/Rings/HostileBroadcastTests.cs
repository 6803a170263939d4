using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Rings;

/// <summary>What a peer can write into a broadcast, one lie each. The rest is for <c>build/fuzz.sh</c>.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[TestFixture(Overflow.Wait, false)]
[TestFixture(Overflow.Wait, true)]
[TestFixture(Overflow.Overwrite, false)]
internal sealed unsafe class HostileBroadcastTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;
    private readonly Region _region;
    private readonly RingMemory _memory;

    public HostileBroadcastTests(Overflow overflow, bool evicts)
    {
        int capacity = Environment.SystemPageSize;
        _topic = Topic.OpenOrCreate(_directory.File("t"), new TopicOptions
        {
            Capacity = capacity,
            Delivery = Delivery.Broadcast,
            Subscribers = 3,
            Overflow = overflow,
            EvictionLag = evicts ? capacity : 0,
        });
        using RegionFile file = RegionFile.Open(_topic.Path!, RegionOptions.Default, readOnly: false);
        _region = Region.Map(file, RegionOptions.Default, readOnly: false);
        _memory = _region.Ring();
    }

    private ulong Capacity => _memory.Capacity;

    public void Dispose()
    {
        _region.Close();
        _region.Unmap();
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Record_of_a_kind_to_come_is_refused_by_its_number([Range(6u, 15u)] uint kind)
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        Stamp(Capacity, (RecordKind)kind, length: 8);
        *_memory.Tail = Capacity + 32;
        Assert.That(() => subscriber.TryRead(out _), Throws.TypeOf<RecordKindException>().With.Message.Contains($"{kind}"));
        Assert.That(() => subscriber.Poll(static _ => { }), Throws.TypeOf<RecordKindException>());
    }

    [Test]
    public void Publisher_that_sleeps_for_one_that_found_corruption_goes_on_when_that_one_leaves()
    {
        Assume.That(_memory.Rules.AreLossy, Is.False, "Publishers wait for it.");
        Subscriber subscriber = _topic.CreateSubscriber();
        Stamp(Capacity, RecordKind.Message, length: uint.MaxValue);
        Assert.That(() => subscriber.TryRead(out _), Throws.TypeOf<RingCorruptException>());
        // It has seen by then that the other one is there: no news when that leaves.
        using Publisher publisher = _topic.CreatePublisher(WaitStrategy.Park);
        while (publisher.TryPublish(new byte[16]))
        {
        }
        Task publishing = Task.Factory.StartNew(() => publisher.Publish(new byte[16]), TaskCreationOptions.LongRunning);
        Until.True(() => *_memory.Publisher(publisher.Slot).Parked % 2 != 0);
        Thread.Sleep(10);
        subscriber.Dispose();
        publishing.Wait();
    }

    private void Stamp(ulong position, RecordKind kind, uint length)
    {
        byte* record = _memory.Data + (position & Capacity - 1);
        *(ulong*)(record + RecordDescriptor.LengthOffset) = RecordDescriptor.LengthAndType(length, 0);
        *(ulong*)record = RecordDescriptor.BareStamp(position, _memory.Key) | (ulong)kind;
    }
}
