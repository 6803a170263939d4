using System.Collections.Concurrent;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>Regions handed from process to process over a socket.</summary>
internal sealed class RegionServerTests
{
    private readonly BlockingCollection<RegionServerEventArgs> _events = [];
    private RegionServer _server = null!;

    [SetUp]
    public void Listen() => _server = Serve(new RegionServerOptions());

    [TearDown]
    public void Close() => _server.Dispose();

    [OneTimeTearDown]
    public void Forget() => _events.Dispose();

    [Test]
    public void A_client_publishes_and_the_server_reads()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Subscriber subscriber = topic.CreateSubscriber();
        _server.Offer(topic, "numbers");
        _server.Start();
        using PeerProcess client = PeerProcess.Start("handover-publish", _server.Address, "numbers", 1000);
        for (int i = 0; i < 1000; i++)
        {
            Assert.That(BitConverter.ToInt32(subscriber.Read().Payload), Is.EqualTo(i));
        }
        client.Expect("published");
    }

    [Test]
    public void A_client_that_waits_is_told_that_the_server_is_gone_after_it_has_read_all()
    {
        _server.OfferToEach(new TopicOptions(), static (_, topic) =>
        {
            Publisher publisher = topic.CreatePublisher();
            for (int i = 0; i < 10; i++)
            {
                publisher.Publish(BitConverter.GetBytes(i));
            }
        });
        _server.Start();
        using PeerProcess client = PeerProcess.Start("handover-read", _server.Address, "", 10);
        client.Expect("reading");
        client.Expect("read");
        _server.Dispose();
        client.Expect("lost");
    }

    [Test]
    public void The_server_is_told_that_a_client_was_killed_after_it_has_read_all()
    {
        Subscriber? subscriber = null;
        using ManualResetEventSlim made = new();
        _server.OfferToEach(new TopicOptions(), (_, topic) =>
        {
            subscriber = topic.CreateSubscriber();
            made.Set();
        });
        _server.Start();
        using PeerProcess client = PeerProcess.Start("handover-publish", _server.Address, "", 10);
        client.Expect("published");
        client.Kill();
        made.Wait();
        using (subscriber)
        {
            Until.True(() => subscriber!.IsPeerLost);
            for (int i = 0; i < 10; i++)
            {
                Assert.That(BitConverter.ToInt32(subscriber!.Read().Payload), Is.EqualTo(i));
            }
            Assert.That(() => subscriber!.Read(), Throws.TypeOf<PeerLostException>().With.Message.Contains("connection has ended"));
        }
    }

    [Test]
    public void What_is_not_offered_is_refused_with_the_reason()
    {
        using Topic topic = Topic.CreateAnonymous();
        _server.Offer(topic, "numbers", RegionGrants.Observe);
        _server.Start();
        Assert.Multiple(() =>
        {
            Assert.That(Ask("numbers", RegionGrants.Publish), Does.Contain("Publish is not granted there; offered is: Observe"));
            Assert.That(Ask("letters", RegionGrants.Publish), Does.Contain("no topic 'letters' is offered"));
            Assert.That(Ask("numbers", RegionGrants.Observe), Is.EqualTo("granted"));
        });
    }

    [Test]
    public async Task A_client_that_awaits_is_told_too()
    {
        _server.OfferToEach(new TopicOptions(), static (_, _) => { });
        _server.Start();
        using RegionClient client = RegionClient.Connect(_server.Address);
        using Subscriber subscriber = client.CreateSubscriber();
        Task waiting = subscriber.WaitToReadAsync().AsTask();
        _server.Dispose();
        await Assert.ThatAsync(() => waiting, Throws.TypeOf<PeerLostException>());
        Assert.That(() => client.CreateObserver(), Throws.TypeOf<PeerLostException>());
    }

    [Test]
    public void Contracts_that_differ_are_refused_and_both_named()
    {
        using Topic topic = Topic.CreateAnonymous();
        _server.Offer(topic, contract: "prices v2");
        _server.Start();
        using RegionClient client = RegionClient.Connect(_server.Address, new RegionClientOptions { Contract = "prices v1" });
        Assert.That(() => client.CreateObserver(), Throws.TypeOf<RegionRefusedException>());
        Assert.That(() => client.CreatePublisher(), Throws.TypeOf<RegionRefusedException>().With.Message.Contains("'prices v2'").And.Message.Contains("'prices v1'"));
    }

    private string Ask(string topic, RegionGrants grant)
    {
        using PeerProcess client = PeerProcess.Start("handover-ask", _server.Address, topic, grant);
        return client.ReadLine();
    }

    private RegionServer Serve(RegionServerOptions options)
    {
        RegionServer server = new($"@shmbus-test-{Guid.NewGuid():N}", options);
        server.Occurred += (_, happened) => _events.Add(happened);
        return server;
    }
}
