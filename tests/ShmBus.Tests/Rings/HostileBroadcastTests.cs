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
    public void A_lie_in_any_field_ends_no_call_but_by_an_answer(
        [Values("tail", "sharedGate", "gate", "resume", "within", "missed", "kept", "state", "generation", "name")] string field,
        [Values(0UL, 1UL, 2UL, 3UL, 7UL, 16UL, 1UL << 62, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 15)] ulong lie)
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber named = _topic.CreateSubscriber(place: "billing");
        using Subscriber unnamed = _topic.CreateSubscriber();
        for (int i = 0; i < 3; i++)
        {
            publisher.TryPublish(new byte[100]);
        }
        Ask(() => named.TryRead(out _));
        Lie(field, named.Slot, lie);
        Lie(field, unnamed.Slot, lie);
        for (int i = 0; i < 100; i++)
        {
            Ask(() => publisher.TryPublish(new byte[100]));
            Ask(() => publisher.WaitToPublish(100, TimeSpan.Zero));
            Ask(() => named.TryRead(out _));
            Ask(() => named.WaitToRead(TimeSpan.Zero));
            Ask(() => unnamed.Poll(static _ => { }));
        }
        Lie(field, slot: 2, lie);
        Ask(() => _topic.CreateSubscriber(joinAt: JoinAt.Oldest).Dispose());
        Ask(() => _topic.Inspect());
        named.Dispose();
        Lie(field, named.Slot, lie);
        Ask(() => _topic.CreateSubscriber(place: "billing").Dispose());
        Ask(() => _topic.RemovePlace("billing"));
        Ask(() => _topic.Inspect());
    }

    [Test]
    public void A_tail_that_runs_ahead_keeps_no_reader_inside()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        using CancellationTokenSource stop = new();
        Thread liar = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                *_memory.Tail += Capacity;
            }
        });
        liar.Start();
        for (int i = 0; i < 100; i++)
        {
            Ask(() => subscriber.TryRead(out _));
            Ask(() => subscriber.WaitToRead(TimeSpan.Zero));
            Ask(() => subscriber.Poll(static _ => { }));
        }
        stop.Cancel();
        liar.Join();
    }

    [Test]
    public void A_length_beyond_all_bounds_is_corrupt_and_nothing_is_copied([Values(RecordKind.Message, RecordKind.Batch, RecordKind.Short)] RecordKind kind)
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        Stamp(Capacity, kind, length: uint.MaxValue);
        *_memory.Tail = Capacity + 64;
        Assert.That(() => subscriber.TryRead(out _), Throws.TypeOf<RingCorruptException>());
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

    /// <summary>Asks for what may be answered by a documented exception.</summary>
    private static void Ask(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is RingCorruptException or RecordKindException or SubscriberEvictedException or EndpointInUseException)
        {
        }
    }

    private void Lie(string field, int slot, ulong value)
    {
        RingSlot subscriber = _memory.Subscriber(slot);
        switch (field)
        {
            case "tail": *_memory.Tail = value; break;
            case "sharedGate": *_memory.SharedGate = value; break;
            case "gate": *subscriber.Gate = value; break;
            case "resume": *subscriber.Resume = value; break;
            case "within": *subscriber.Within = value; break;
            case "missed": *subscriber.MissedBytes = value; break;
            case "kept": *subscriber.IsKept = (uint)value; break;
            case "state": *subscriber.State = (uint)value; break;
            case "generation": *subscriber.Generation = (uint)value; break;
            default: subscriber.WritePlaceName(BitConverter.GetBytes(value)); break;
        }
    }

    private void Stamp(ulong position, RecordKind kind, uint length)
    {
        byte* record = _memory.Data + (position & Capacity - 1);
        *(ulong*)(record + RecordDescriptor.LengthOffset) = RecordDescriptor.LengthAndType(length, 0);
        *(ulong*)record = RecordDescriptor.BareStamp(position, _memory.Key) | (ulong)kind;
    }
}
