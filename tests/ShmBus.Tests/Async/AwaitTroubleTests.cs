using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Async;

/// <summary>What goes wrong while somebody awaits reaches the awaiter.</summary>
internal sealed class AwaitTroubleTests
{
    private TestDirectory _directory = null!;
    private string _path = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
    }

    [TearDown]
    public void Close() => _directory.Dispose();

    [Test]
    public void Corrupt_record_reaches_who_awaits_a_message([Values] bool isInline)
    {
        using Topic topic = Topic.OpenOrCreate(_path, new TopicOptions { AllowSynchronousContinuations = isInline });
        using Subscriber subscriber = topic.CreateSubscriber();
        Task<MessageCopy> read = subscriber.ReadAsync().AsTask();
        WithMemory(_path, static memory => StampTooLong(memory));
        Assert.That(async () => await read, Throws.TypeOf<RingCorruptException>());
        Assert.That(topic.Inspect().CorruptAt, Is.EqualTo(topic.Capacity));
        Assert.That(() => subscriber.ReadAsync(), Throws.TypeOf<RingCorruptException>(), "from then on");
        subscriber.Dispose();
        Assert.That(topic.Inspect().Endpoints, Is.Empty);
    }

    [Test]
    public void Corrupt_gate_reaches_who_awaits_room([Values] bool isInline)
    {
        using Topic topic = Topic.OpenOrCreate(_path, new TopicOptions { AllowSynchronousContinuations = isInline });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Task publish = FillUntilAwaited(publisher, topic.MaxMessageLength);
        WithMemory(_path, static memory => MoveGateBeyondTail(memory));
        Assert.That(async () => await publish, Throws.TypeOf<RingCorruptException>());
        Assert.That(() => publisher.PublishAsync(new byte[1]), Throws.TypeOf<RingCorruptException>(), "from then on");
    }

    [Test]
    public async Task Corrupt_lane_reaches_who_awaits_and_the_others_go_on()
    {
        using Topic topic = Topic.OpenOrCreate(_path, new TopicOptions { Publishers = 2, Lanes = true });
        using Publisher bad = topic.CreatePublisher();
        using Publisher good = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Task<MessageCopy> read = subscriber.ReadAsync().AsTask();
        WithMemory($"{_path}.lane{bad.Slot}", static memory => StampTooLong(memory));
        good.Publish([1]); // Wakes the subscriber, in the hub.
        Assert.That(async () => await read, Throws.TypeOf<RingCorruptException>());
        for (int length = 1; length < 10; length++)
        {
            using MessageCopy message = await subscriber.ReadAsync();
            Assert.That(message.Payload.Length, Is.EqualTo(length));
            good.Publish(new byte[length + 1]);
        }
    }

    /// <summary>The test is the waker that a sleeper without a barrier may miss: it does not wake at all.</summary>
    [Test]
    public void Who_is_refused_the_barrier_looks_now_and_then_while_it_awaits()
    {
        using Topic topic = Topic.OpenOrCreate(_path);
        using Publisher publisher = topic.CreatePublisher();
        using PeerProcess peer = PeerProcess.Start("await-without-barriers", _path);
        Until.Asleep(peer.Id, peer.ReadLine());
        WithMemory(_path, static memory => CommitWithoutWake(memory));
        peer.Expect("got 5");
    }

    [Test]
    public void Filter_that_comes_while_a_thread_sleeps_for_many_makes_it_look_and_is_reported()
    {
        using Topic topic = Topic.OpenOrCreate(_path);
        using Publisher publisher = topic.CreatePublisher();
        using PeerProcess peer = PeerProcess.Start("await-refused-later", _path);
        Until.Asleep(peer.Id, peer.ReadLine());
        peer.WriteLine("refuse");
        peer.Expect("refused 0");
        publisher.Publish(new byte[1]);
        peer.Expect("got 1");
        Assert.That(peer.ReadLine(), Does.StartWith("futex_waitv failed: EPERM"));
        for (int length = 2; length < 10; length++)
        {
            peer.WriteLine("next");
            peer.Expect("awaiting");
            publisher.Publish(new byte[length]);
            peer.Expect($"got {length}");
        }
    }

    [Test]
    public void Nobody_meets_the_context_of_the_first_caller()
    {
        using PeerProcess peer = PeerProcess.Start("strangers-context", Path.GetDirectoryName(_path)!);
        peer.Expect("awaiter: ");
        peer.Expect("watcher: ");
        peer.Expect("loser: ");
    }

    /// <summary>Publishes until one waits for room.</summary>
    private static Task FillUntilAwaited(Publisher publisher, int length)
    {
        while (true)
        {
            Task publish = publisher.PublishAsync(new byte[length]).AsTask();
            if (!publish.IsCompleted)
            {
                return publish;
            }
        }
    }

    internal static unsafe void StampTooLong(RingMemory memory)
    {
        ulong position = *memory.Tail;
        byte* record = memory.Data + (position & memory.Capacity - 1);
        *(ulong*)(record + RecordDescriptor.LengthOffset) = RecordDescriptor.LengthAndType((uint)memory.Capacity, 0);
        Atomic.StoreRelease((ulong*)record, RecordDescriptor.BareStamp(position, memory.Key) | (ulong)RecordKind.Message);
        new Waker(memory, EndpointRole.Subscriber, Signals.Futex).Wake();
    }

    internal static unsafe void MoveGateBeyondTail(RingMemory memory)
    {
        Atomic.StoreRelease(memory.Subscriber(0).Gate, *memory.Tail + 16);
        new Waker(memory, EndpointRole.Publisher, Signals.Futex).Wake();
    }

    private static unsafe void CommitWithoutWake(RingMemory memory)
    {
        RingProducer ring = new(memory, 0);
        Assert.That(ring.TryClaim(5, 0, out _), Is.True);
        ring.Commit(5, 5);
    }

    internal static unsafe void WithMemory(string path, Action<RingMemory> work)
    {
        using RegionFile file = RegionFile.Open(path, RegionOptions.Default, readOnly: false);
        Region region = Region.Map(file, RegionOptions.Default, readOnly: false);
        work(new RingMemory(region.Address, region.Geometry, file.Header.Key));
        region.Close();
        region.Unmap();
    }
}
