using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Waiting;

/// <summary>
/// A peer that does not wake, or hides that it died, keeps nobody asleep who does not trust it: each sleep has an end. Who trusts it
/// sleeps on, so that it is known that nobody else wakes.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed unsafe class UntrustedPeerWaits : IDisposable
{
    /// <summary>Longer than the longest sleep of one that does not trust.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(1.5);

    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;
    private readonly Region _region;
    private readonly RingMemory _memory;

    public UntrustedPeerWaits()
    {
        _topic = Topic.OpenOrCreate(_directory.File("t"), Options);
        using RegionFile file = RegionFile.Open(_topic.Path!, RegionOptions.Default, readOnly: false);
        _region = Region.Map(file, RegionOptions.Default, readOnly: false);
        _memory = _region.Ring();
    }

    private static TopicOptions Options => new() { Capacity = Environment.SystemPageSize, Publishers = 2 };

    public void Dispose()
    {
        _region.Close();
        _region.Unmap();
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Message_that_comes_without_a_wake_is_found([Values] bool trusts, [Values] bool awaits)
    {
        using Topic topic = Open(trusts);
        using Publisher liar = _topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Park);
        Task reading = awaits ? subscriber.WaitToReadAsync().AsTask() : Sleep(() => subscriber.Read(), EndpointRole.Subscriber);
        RingProducer ring = new(_memory, liar.Slot);
        Assert.That(ring.TryClaim(5, 0, out _), Is.True);
        ring.Commit(5, 5);
        ExpectEnd(reading, subscriber, trusts, WakeSubscriber);
    }

    [Test]
    public void Room_that_is_given_back_without_a_wake_is_found([Values] bool trusts, [Values] bool awaits)
    {
        using Topic topic = Open(trusts);
        using Publisher publisher = topic.CreatePublisher(WaitStrategy.Park);
        using Subscriber liar = _topic.CreateSubscriber();
        byte[] payload = new byte[topic.MaxMessageLength];
        while (publisher.TryPublish(payload))
        {
        }
        Task publishing = awaits ? publisher.PublishAsync(payload).AsTask() : Sleep(() => publisher.Publish(payload), EndpointRole.Publisher);
        Atomic.StoreRelease(_memory.Subscriber(liar.Slot).Gate, *_memory.Tail);
        ExpectEnd(publishing, publisher, trusts, () => new Waker(_memory, EndpointRole.Publisher, Signals.Futex).Wake());
    }

    [Test]
    public void Claim_of_a_dead_publisher_that_hid_is_passed_by([Values] bool trusts, [Values] bool awaits)
    {
        using Topic topic = Open(trusts);
        using PeerProcess liar = PeerProcess.Start("pause-in-claim", _topic.Path!, 0);
        liar.Expect("in claim");
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Park);
        publisher.Publish("next"u8);
        Task reading = awaits ? subscriber.WaitToReadAsync().AsTask() : Sleep(() => subscriber.Read(), EndpointRole.Subscriber);
        // The first close tells it of itself, which is new: it looks, while the liar lives, and knows all by then.
        RegionFile.Open(_topic.Path!, RegionOptions.Default, readOnly: false).Dispose();
        Thread.Sleep(200);
        // An owner that was never there is missed by nobody.
        *_memory.Publisher(0).State = (uint)SlotState.Free;
        liar.Kill();
        ExpectEnd(reading, subscriber, trusts, WakeSubscriber);
        Assert.That(subscriber.Losses, Is.EqualTo(1));
    }

    /// <summary>An observer needs no more than to read the word.</summary>
    [Test]
    public void Sleeper_that_an_observer_moves_away_is_back_in_time([Values] bool trusts, [Values] bool awaits)
    {
        using Topic topic = Open(trusts);
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Park);
        using PeerProcess observer = PeerProcess.Start("tamper-with-wakes", _topic.Path!, "move");
        observer.Expect("there");
        Task reading = awaits ? subscriber.WaitToReadAsync().AsTask() : Sleep(() => subscriber.Read(), EndpointRole.Subscriber);
        observer.WriteLine("move");
        observer.Expect("moved");
        publisher.Publish("for nobody who sleeps there"u8);
        ExpectEnd(reading, subscriber, trusts, () => observer.WriteLine("wake"));
    }

    /// <summary>Likewise.</summary>
    [Test]
    public void Cancellation_reaches_a_sleeper_that_an_observer_moves_away([Values] bool trusts)
    {
        using Topic topic = Open(trusts);
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Park);
        using PeerProcess observer = PeerProcess.Start("tamper-with-wakes", _topic.Path!, "move");
        observer.Expect("there");
        using CancellationTokenSource source = new();
        Task reading = Sleep(() => Assert.Throws<OperationCanceledException>(() => subscriber.Read(source.Token)), EndpointRole.Subscriber);
        observer.WriteLine("move");
        observer.Expect("moved");
        source.Cancel();
        ExpectEnd(reading, subscriber, trusts, () => observer.WriteLine("wake"));
    }

    /// <summary>Likewise.</summary>
    [Test]
    public void Wake_that_an_observer_has_the_kernel_refuse_fails_no_publisher([Values] bool trusts)
    {
        using Topic topic = Open(trusts);
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber(WaitStrategy.Park);
        using PeerProcess observer = PeerProcess.Start("tamper-with-wakes", _topic.Path!, "refuse");
        Until.Asleep(observer.Id, observer.ReadLine());
        Task reading = Sleep(() => subscriber.Read(), EndpointRole.Subscriber);
        publisher.Publish("first"u8);
        publisher.Publish("second"u8);
        ExpectEnd(reading, subscriber, trusts, () =>
        {
            observer.Kill();
            WakeSubscriber();
        });
    }

    private Topic Open(bool trusts) => Topic.OpenOrCreate(_topic.Path!, Options with { TrustPeers = trusts });

    /// <summary>Waits on a thread of its own, which sleeps when this returns. (What is awaited sleeps when the call returns.)</summary>
    private Task Sleep(Action wait, EndpointRole role)
    {
        int thread = 0;
        Task waiting = Task.Factory.StartNew(
            () =>
            {
                Volatile.Write(ref thread, Posix.ThreadId);
                wait();
            },
            TaskCreationOptions.LongRunning);
        Until.True(() => Enumerable.Range(0, _memory.Slots(role)).Any(slot => *_memory.Slot(role, slot).Parked % 2 != 0));
        Until.Asleep(Environment.ProcessId, Volatile.Read(ref thread).ToString(CultureInfo.InvariantCulture));
        return waiting;
    }

    private void WakeSubscriber() => new Waker(_memory, EndpointRole.Subscriber, Signals.Futex).Wake();

    private static void ExpectEnd(Task waiting, Endpoint endpoint, bool trusts, Action wake)
    {
        // Without barriers, or a death watch, those who trust sleep no longer either.
        if (trusts && Libc.Membarrier() && endpoint.Refused.Count == 0)
        {
            Assert.That(waiting.Wait(Longer), Is.False, "who trusts sleeps on");
        }
        if (trusts)
        {
            wake();
        }
        waiting.Wait();
    }
}
