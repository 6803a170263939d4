using System.Collections.Concurrent;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Passing;

/// <summary>Regions that are handed over with eventfds.</summary>
internal sealed class EventfdHandoverTests
{
    private static readonly TopicOptions Options = new() { Eventfds = true };

    private RegionServer _server = null!;

    [SetUp]
    public void Listen() => _server = new RegionServer($"@shmbus-test-{Guid.NewGuid():N}");

    [TearDown]
    public void Close() => _server.Dispose();

    [Test]
    public void Client_in_another_process_wakes_and_is_woken_through_them()
    {
        const int count = 20_000;
        using Topic there = Topic.CreateAnonymous(Options);
        using Topic back = Topic.CreateAnonymous(Options);
        _server.Offer(there, "there");
        _server.Offer(back, "back");
        _server.Start();
        using Publisher publisher = there.CreatePublisher(WaitStrategy.Park);
        using Subscriber subscriber = back.CreateSubscriber(WaitStrategy.Park);
        using PeerProcess client = PeerProcess.Start("handover-echo", _server.Address, WaitStrategy.Park, count);
        Assert.That(client.ReadLine(), Is.EqualTo("eventfds: 4"), "two for each of its endpoints");
        for (int i = 0; i < count; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
            Assert.That(BitConverter.ToInt32(subscriber.Read().Payload), Is.EqualTo(i));
        }
        client.Expect("done");
    }

    [Test]
    public async Task End_of_a_client_ends_waits_on_them([Values] bool isAwaited)
    {
        BlockingCollection<Subscriber> made = [];
        _server.OfferToEach(Options, (_, topic) => made.Add(topic.CreateSubscriber()));
        _server.Start();
        using PeerProcess client = PeerProcess.Start("handover-publish", _server.Address, "", 1);
        client.Expect("published");
        using Subscriber subscriber = made.Take();
        subscriber.Read();
        Task read = isAwaited ? subscriber.ReadAsync().AsTask() : Task.Factory.StartNew(() => subscriber.Read(), TaskCreationOptions.LongRunning);
        await Task.Delay(50);
        Assert.That(read.IsCompleted, Is.False);
        client.Kill();
        await Assert.ThatAsync(() => read, Throws.TypeOf<PeerLostException>());
    }

    [Test]
    public void Who_does_not_trust_its_peers_takes_and_makes_none()
    {
        using Topic topic = Topic.CreateAnonymous(Options);
        _server.Offer(topic);
        _server.Start();
        using RegionClient client = RegionClient.Connect(_server.Address, new RegionClientOptions { Topic = new TopicOptions { TrustPeers = false } });
        Assert.That(() => client.CreateSubscriber().Dispose(),
            Throws.TypeOf<TopicMismatchException>().With.Property(nameof(TopicMismatchException.Option)).EqualTo(nameof(TopicOptions.Eventfds)));
        topic.CreateSubscriber().Dispose(); // It took no slot.
        Assert.That(() => Topic.CreateAnonymous(Options with { TrustPeers = false }).Dispose(), Throws.ArgumentException
            .With.Message.Contain(nameof(TopicOptions.Eventfds)).And.Message.Contain(nameof(TopicOptions.TrustPeers)));
    }

    [Test]
    public void Whether_a_topic_has_them_belongs_to_how_it_was_made([Values] bool isOffered, [Values] bool isExpected)
    {
        using Topic topic = Topic.CreateAnonymous(Options with { Eventfds = isOffered });
        _server.Offer(topic, grants: RegionGrants.Publish | RegionGrants.Observe);
        _server.Start();
        using RegionClient client = RegionClient.Connect(
            _server.Address, new RegionClientOptions { Topic = Options with { Eventfds = isExpected }, RequireSameTopic = true });
        Assert.That(() => client.CreatePublisher().Dispose(), isOffered == isExpected ? Throws.Nothing
            : Throws.TypeOf<TopicMismatchException>().With.Property(nameof(TopicMismatchException.Option)).EqualTo(nameof(TopicOptions.Eventfds)));
        Assert.That(() => client.CreateObserver().Dispose(), Throws.Nothing, "who only looks gets none, and needs none");
    }
}
