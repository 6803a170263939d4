using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Rings;

/// <summary>
/// What a peer can write that chance hardly hits: one lie each, told by somebody who knows the key. The rest is for
/// <c>build/fuzz.sh</c>.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed unsafe class HostileMemoryTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;
    private readonly Region _region;
    private readonly RingMemory _memory;

    public HostileMemoryTests()
    {
        _topic = Topic.OpenOrCreate(_directory.File("t"), new TopicOptions { Capacity = Environment.SystemPageSize });
        using RegionFile file = RegionFile.Open(_topic.Path!, RegionOptions.Default, readOnly: false);
        _region = Region.Map(file, RegionOptions.Default, readOnly: false);
        _memory = new RingMemory(_region.Address, _region.Geometry, file.Header.Key);
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
    public void A_position_that_no_ring_gets_to_is_refused_and_reported([Values] bool publishes, [Values(0UL, 1UL << 63, ulong.MaxValue - 15)] ulong position)
    {
        *_memory.Tail = *_memory.SharedGate = *_memory.Subscriber(0).Gate = *_memory.Subscriber(0).Resume = position;
        Assert.Throws<RingCorruptException>(() => (publishes ? (Endpoint)_topic.CreatePublisher() : _topic.CreateSubscriber()).Dispose());
        Assert.That(_topic.Inspect().CorruptAt, Is.EqualTo((long)position), "one that never came to work reports it too");
    }

    [Test]
    public void Aborted_claims_that_go_beyond_the_ring_are_corrupt()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        for (ulong position = Capacity; position < 2 * Capacity - 16; position += 16)
        {
            Stamp(position, RecordKind.Aborted, length: 0);
        }
        Stamp(2 * Capacity - 16, RecordKind.Aborted, length: 16);
        *_memory.Tail = 2 * Capacity + 16;
        Assert.Throws<RingCorruptException>(() => subscriber.TryRead(out _));
    }

    [Test]
    public void A_tail_that_runs_ahead_keeps_no_reader_inside()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        *_memory.Tail = 2 * Capacity;
        // However long the reader is at one hole: behind it is always another.
        subscriber.Lost += (_, loss) => *_memory.Tail = (ulong)(loss.Position + loss.Length) + Capacity;
        Assert.That(subscriber.WaitToRead(TimeSpan.Zero), Is.False);
        Assert.That(subscriber.TryRead(out _), Is.False);
        Assert.That(subscriber.Losses, Is.Positive);
    }

    [Test]
    public void A_record_written_over_a_batch_is_not_handed_out_again_and_again()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        MessageBatch batch = new();
        for (int i = 0; i < 10; i++)
        {
            batch.Add(new byte[80]);
        }
        publisher.Publish(batch);
        publisher.Publish("next"u8);
        Assert.That(subscriber.TryRead(out _), Is.True);
        // From here on it ends in the middle of the batch.
        Stamp(Capacity, RecordKind.Message, length: 500);
        List<long> positions = [];
        while (subscriber.TryRead(out Message message))
        {
            long position = message.Position;
            positions.Add(position);
            Assert.That(positions.Count(other => other == position), Is.LessThanOrEqualTo(2), "once more at the most");
        }
        Assert.That(positions, Is.Not.Empty);
    }

    [Test]
    public void Each_sleep_has_a_number_of_its_own_whatever_is_written_over_it([Values(0u, 1u, 2u, 3u, 4u, uint.MaxValue)] uint lie)
    {
        uint* parked = _memory.Subscriber(0).Parked;
        Parking parking = new(_memory, EndpointRole.Subscriber, 0, Signals.Futex);
        HashSet<uint> sleeps = [];
        for (int i = 0; i < 10; i++)
        {
            parking.Announce();
            Assert.That(*parked % 2, Is.EqualTo(1));
            Assert.That(sleeps.Add(*parked), Is.True, $"sleep {*parked} again");
            *parked = lie;
            parking.Withdraw();
            Assert.That(*parked % 2, Is.Zero);
        }
    }

    private void Stamp(ulong position, RecordKind kind, uint length)
    {
        byte* record = _memory.Data + (position & Capacity - 1);
        *(ulong*)(record + RecordDescriptor.LengthOffset) = RecordDescriptor.LengthAndType(length, 0);
        *(ulong*)record = RecordDescriptor.BareStamp(position, _memory.Key) | (ulong)kind;
    }
}
