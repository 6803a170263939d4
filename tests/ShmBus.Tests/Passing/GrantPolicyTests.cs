using System.Collections.Concurrent;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>Who gets what: by user, by group, by the server's own decision; and whose servers a client takes anything from.</summary>
internal sealed class GrantPolicyTests
{
    private const int User = 1000;
    private const int Group = 54_321;
    private const RegionGrants All = RegionGrants.Publish | RegionGrants.Subscribe | RegionGrants.Observe;

    private readonly string _address = $"@shmbus-test-{Guid.NewGuid():N}";
    private BlockingCollection<RegionServerEventArgs> _events = null!;

    [SetUp]
    public void Listen() => _events = [];

    [TearDown]
    public void Forget() => _events.Dispose();

    [Test]
    public void Another_user_is_refused_unless_told()
    {
        using RegionServer server = Serve(new RegionServerOptions());
        Assert.That(Try(Other(User, Group), RegionGrants.Observe), Does.StartWith($"RegionRefusedException The server at '{_address}' refused: user {User} is not among those who are served here"));
        RegionServerEventArgs happened = _events.Take();
        Assert.That((happened.Kind, happened.Peer!.UserId, happened.Peer.GroupId), Is.EqualTo((RegionServerEventKind.Refused, (uint)User, (uint)User)));
        Assert.That(Try(new Confinement(), RegionGrants.Observe), Is.EqualTo("granted"));
    }

    [Test]
    public void Another_user_cannot_even_connect_to_a_path_unless_told()
    {
        using TestDirectory directory = new();
        File.SetUnixFileMode(directory.Path, (UnixFileMode)0b111_001_001);
        using RegionServer server = Serve(new RegionServerOptions(), directory.File("socket"));
        Assert.That(Try(Other(User, Group), RegionGrants.Observe, address: server.Address), Does.StartWith("AccessErrnoException connect").And.Contain("EACCES"));
        Assert.That(Try(new Confinement(), RegionGrants.Observe, address: server.Address), Is.EqualTo("granted"));
        Assert.That(_events.Select(static happened => happened.Kind), Is.All.Not.EqualTo(RegionServerEventKind.Refused));
    }

    [Test]
    public void Another_user_who_is_told_gets_each_grant_by_a_path([Values(RegionGrants.Publish, RegionGrants.Subscribe, RegionGrants.Observe)] RegionGrants grant)
    {
        using TestDirectory directory = new();
        File.SetUnixFileMode(directory.Path, (UnixFileMode)0b111_001_001);
        using RegionServer server = Serve(new RegionServerOptions { AllowedUsers = [User] }, directory.File("socket"));
        Assert.That(Try(Other(User, Group), grant, address: server.Address), Is.EqualTo("granted"));
        Assert.That(Next(RegionServerEventKind.Granted), Does.Contain($"{grant} of 'numbers'"));
        // And nobody else, root neither.
        Assert.That(Try(new Confinement(), grant, address: server.Address), Does.StartWith("RegionRefusedException"));
    }

    [Test]
    public void Messages_flow_between_two_users()
    {
        using Topic there = Topic.CreateAnonymous(), back = Topic.CreateAnonymous();
        using Subscriber subscriber = there.CreateSubscriber();
        using Publisher publisher = back.CreatePublisher();
        using RegionServer server = new(_address, new RegionServerOptions { AllowedUsers = [User] });
        server.Offer(there, "there", RegionGrants.Publish);
        server.Offer(back, "back", RegionGrants.Subscribe);
        server.Start();
        using PeerProcess sender = PeerProcess.Start(Other(User, Group), "handover-publish", _address, "there", 1000);
        using PeerProcess receiver = PeerProcess.Start(Other(User, Group), "handover-read", _address, "back", 1000);
        receiver.Expect("reading");
        for (int i = 0; i < 1000; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
            Assert.That(BitConverter.ToInt32(subscriber.Read().Payload), Is.EqualTo(i));
        }
        sender.Expect("published");
        receiver.Expect("read");
        server.Dispose();
        receiver.Expect("lost");
    }

    [Test]
    public void A_member_of_a_group_is_served_by_that()
    {
        using RegionServer server = Serve(new RegionServerOptions { AllowedGroups = [Group] });
        Assert.That(Try(Other(User, Group), RegionGrants.Publish), Is.EqualTo("granted"), "one of its further groups");
        Assert.That(Try(Other(Group, Group + 1), RegionGrants.Publish), Is.EqualTo("granted"), "its own group");
        Assert.That(Try(Other(User, Group + 1), RegionGrants.Publish), Does.StartWith("RegionRefusedException"));
        Assert.That(_events.First().Peer!.Groups, Is.EqualTo(new uint[] { Group }));
    }

    [Test]
    public void The_servers_own_decision_is_asked_for_each_request()
    {
        using RegionServer server = Serve(new RegionServerOptions
        {
            AllowedUsers = [0, User],
            Authorize = static request => request.Peer.UserId == 0 || (request.Grant == RegionGrants.Observe && request.Topic == "numbers" && request.Contract.Length == 0),
        });
        Assert.That(Try(Other(User, Group), RegionGrants.Publish), Does.Contain("it was not authorized"));
        Assert.That(Next(RegionServerEventKind.Refused), Does.Contain("not authorized"));
        Assert.That(Try(Other(User, Group), RegionGrants.Observe), Is.EqualTo("granted"));
        Assert.That(Try(new Confinement(), RegionGrants.Publish), Is.EqualTo("granted"));
    }

    [Test]
    public void Of_one_connection_each_request_is_decided_by_itself()
    {
        using RegionServer server = Serve(new RegionServerOptions { Authorize = static request => request.Grant != RegionGrants.Subscribe });
        using RegionClient client = RegionClient.Connect(_address);
        using Publisher publisher = client.CreatePublisher("numbers");
        Assert.That(() => client.CreateSubscriber("numbers"), Throws.TypeOf<RegionRefusedException>());
        using TopicObserver observer = client.CreateObserver("numbers");
        Assert.That(observer.Inspect().Endpoints.Single(static endpoint => endpoint.IsAlive).ProcessId, Is.EqualTo(Environment.ProcessId));
    }

    [Test]
    public void A_server_of_another_user_is_refused_unless_told()
    {
        using PeerProcess server = PeerProcess.Start(Other(User, Group), "handover-serve", _address, 10, 0, User);
        Assert.That(server.ReadLine(), Does.StartWith("serving"));
        Assert.That(() => RegionClient.Connect(_address), Throws.TypeOf<RegionOwnerException>().With.Message.Contains($"user {User}").And.Message.Contains("ServerUsers"));
        Assert.That(() => RegionClient.Connect(_address, new RegionClientOptions { ServerUsers = [User + 1] }), Throws.TypeOf<RegionOwnerException>().With.Message.Contains($"expected user {User + 1}"));
        using RegionClient client = RegionClient.Connect(_address, new RegionClientOptions { ServerUsers = [User] });
        Assert.That(client.Server.UserId, Is.EqualTo(User));
        using Subscriber subscriber = client.CreateSubscriber("numbers");
        using Publisher publisher = client.CreatePublisher("numbers");
        publisher.Publish("from another user's memory"u8);
        Assert.That(subscriber.Read().Payload.Length, Is.EqualTo(26));
    }

    [Test]
    public void A_server_of_root_is_accepted_by_others_unless_told()
    {
        using RegionServer server = Serve(new RegionServerOptions { AllowedUsers = [User] });
        Assert.That(Try(Other(User, Group), RegionGrants.Observe), Is.EqualTo("granted"));
        Assert.That(Try(Other(User, Group), RegionGrants.Observe, User), Does.StartWith("RegionOwnerException").And.Contain("its server is user 0"));
    }

    [Test]
    public void A_connection_gets_so_many_endpoints_and_no_more()
    {
        using RegionServer server = Serve(new RegionServerOptions { MaxGrants = 2 });
        using RegionClient client = RegionClient.Connect(_address);
        client.CreateObserver("numbers").Dispose();
        using Publisher publisher = client.CreatePublisher("numbers");
        Assert.That(() => client.CreateObserver("numbers"), Throws.TypeOf<RegionRefusedException>().With.Message.Contains("granted 2 endpoints"));
        // What it has, it keeps; and another connection has its own.
        Assert.That(publisher.TryPublish("kept"u8));
        using RegionClient another = RegionClient.Connect(_address);
        another.CreateObserver("numbers").Dispose();
    }

    [Test]
    public void Who_asks_for_nothing_in_time_loses_its_connection()
    {
        using RegionServer server = Serve(new RegionServerOptions { RequestTimeout = TimeSpan.FromMilliseconds(50) });
        using RawPeer silent = RawPeer.Connect(_address);
        Assert.That(silent.Receive(), Is.Null);
        Assert.That(Next(RegionServerEventKind.TimedOut), Does.Contain("within 00:00:00.05"));
        // To be refused is not to be granted anything.
        using RawPeer refused = RawPeer.Connect(_address);
        refused.Send(RawPeer.Request("letters", RegionGrants.Publish));
        Assert.That(refused.Receive()!.Message.Kind, Is.EqualTo(HandoverKind.Refusal));
        Assert.That(refused.Receive(), Is.Null);
        Next(RegionServerEventKind.TimedOut);
        // Who was granted something may take its time.
        using RawPeer granted = RawPeer.Connect(_address);
        granted.Send(RawPeer.Request("numbers", RegionGrants.Publish));
        using ReceivedMessage? grant = granted.Receive();
        Thread.Sleep(150);
        granted.Send(RawPeer.Request("numbers", RegionGrants.Subscribe));
        using ReceivedMessage? second = granted.Receive();
        Assert.That(second!.Message.Kind, Is.EqualTo(HandoverKind.Grant));
    }

    [Test]
    public void A_refusal_names_both_contracts_however_long_they_are()
    {
        using Topic topic = Topic.CreateAnonymous();
        using RegionServer server = Serve(new RegionServerOptions());
        server.Offer(topic, "long", contract: new string('約', 341));
        using RegionClient client = RegionClient.Connect(_address, new RegionClientOptions { Contract = new string('束', 341) });
        Assert.That(() => client.CreatePublisher("long"), Throws.TypeOf<RegionRefusedException>().With.Message.Contains("約...'").And.Message.Contains("束...' was asked for"));
    }

    private static Confinement Other(int user, int group) => new Confinement().User(user, group);

    private RegionServer Serve(RegionServerOptions options, string? address = null)
    {
        Topic topic = Topic.CreateAnonymous(new TopicOptions { Delivery = Delivery.Broadcast });
        RegionServer server = new(address ?? _address, options);
        server.Occurred += (_, happened) => _events.Add(happened);
        server.Offer(topic, "numbers", All);
        server.Start();
        return server;
    }

    /// <summary>What a client says that asks for one grant.</summary>
    private string Try(Confinement confinement, RegionGrants grant, int? serverUser = null, string? address = null)
    {
        using PeerProcess client = PeerProcess.Start(confinement, "handover-try", serverUser is int user ? [address ?? _address, user] : [address ?? _address]);
        client.WriteLine($"3600000 {grant} numbers");
        return client.ReadLine();
    }

    private string Next(RegionServerEventKind kind)
    {
        while (true)
        {
            RegionServerEventArgs happened = _events.Take();
            if (happened.Kind == kind)
            {
                return happened.Reason;
            }
        }
    }
}
