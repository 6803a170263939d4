using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>Who may only read a region can hold read locks on all of it. That makes nobody look alive.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReadLockTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string TopicFile => _directory.File("topic");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void Claim_of_a_dead_publisher_is_passed_by_though_its_slot_is_read_locked()
    {
        using Topic topic = Topic.OpenOrCreate(TopicFile, new TopicOptions { Capacity = Environment.SystemPageSize, Publishers = 2 });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        using PeerProcess observer = StartObserver();
        using PeerProcess peer = PeerProcess.Start("die-in-claim", TopicFile, 0);
        peer.ExitCode();
        LockAll(observer, ownersAlive: 2);
        publisher.Publish("next"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("next"u8), Is.True);
        Assert.That(subscriber.Losses, Is.EqualTo(1));
        Assert.That(topic.Inspect().Endpoints.Where(static endpoint => !endpoint.IsAlive).Select(static endpoint => endpoint.ProcessId), Is.EqualTo(new[] { peer.Id }));
    }

    [Test]
    public void Dead_subscriber_is_not_waited_for_though_its_slot_is_read_locked()
    {
        TopicOptions options = new() { Capacity = Environment.SystemPageSize, Delivery = Delivery.Broadcast };
        using Topic topic = Topic.OpenOrCreate(TopicFile, options);
        using Publisher publisher = topic.CreatePublisher();
        using PeerProcess observer = StartObserver();
        using PeerProcess peer = PeerProcess.Start("hold-subscriber", TopicFile);
        peer.Expect("holding");
        while (publisher.TryPublish(new byte[100]))
        {
        }
        peer.Kill();
        LockAll(observer, ownersAlive: 1);
        publisher.Publish(new byte[100]);
    }

    [Test]
    public void Slot_that_is_read_locked_cannot_be_taken_until_the_lock_is_gone()
    {
        using Topic topic = Topic.OpenOrCreate(TopicFile, new TopicOptions { Capacity = Environment.SystemPageSize });
        using PeerProcess observer = StartObserver();
        LockAll(observer, ownersAlive: 0);
        EndpointInUseException refusal = Assert.Throws<EndpointInUseException>(() => topic.CreatePublisher().Dispose());
        Assert.That(refusal.Holders.Single().IsAlive, Is.False);
        observer.Kill();
        topic.CreatePublisher().Dispose();
    }

    private PeerProcess StartObserver()
    {
        PeerProcess observer = PeerProcess.Start("hold-read-locks", TopicFile);
        observer.Expect("ready");
        return observer;
    }

    private static void LockAll(PeerProcess observer, int ownersAlive)
    {
        observer.WriteLine("lock");
        observer.Expect($"{ownersAlive} refused");
    }
}
