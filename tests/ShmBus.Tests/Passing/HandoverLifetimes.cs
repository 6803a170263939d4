using System.Collections.Concurrent;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Passing;

/// <summary>Connections, endpoints and topics that end in any order, and servers whose owner's code fails.</summary>
internal sealed class HandoverLifetimes
{
    private const RegionGrants All = RegionGrants.Publish | RegionGrants.Subscribe | RegionGrants.Observe;

    private readonly string _address = $"@shmbus-test-{Guid.NewGuid():N}";
    private BlockingCollection<RegionServerEventArgs> _events = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Create()
    {
        _events = [];
        _topic = Topic.CreateAnonymous(new TopicOptions { Delivery = Delivery.Broadcast, Publishers = 16, Subscribers = 16 });
    }

    [TearDown]
    public void Forget()
    {
        _topic.Dispose();
        _events.Dispose();
    }

    [Test]
    public void A_client_that_is_disposed_keeps_the_connection_for_its_endpoints()
    {
        using RegionServer server = Serve();
        Subscriber subscriber;
        Publisher publisher;
        using (RegionClient client = RegionClient.Connect(_address))
        {
            subscriber = client.CreateSubscriber("shared");
            publisher = client.CreatePublisher("shared");
        }
        publisher.Publish("on"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("on"u8));
        publisher.Dispose();
        Assert.That(subscriber.IsPeerLost, Is.False);
        Assert.That(_events.Select(static happened => happened.Kind), Has.None.EqualTo(RegionServerEventKind.Left));
        subscriber.Dispose();
        Next(RegionServerEventKind.Left);
    }

    [Test]
    public void Endpoints_that_are_disposed_leave_the_client_its_connection()
    {
        using RegionServer server = Serve();
        using RegionClient client = RegionClient.Connect(_address);
        for (int i = 0; i < 10; i++)
        {
            using Publisher publisher = client.CreatePublisher("shared");
            publisher.Publish([1]);
        }
        Assert.That(client.IsServerLost, Is.False);
        Assert.That(_topic.Inspect().Endpoints.Where(static endpoint => endpoint.IsAlive), Is.Empty);
    }

    [Test]
    public void A_client_that_is_disposed_hands_out_nothing_more()
    {
        using RegionServer server = Serve();
        RegionClient client = RegionClient.Connect(_address);
        client.Dispose();
        client.Dispose();
        Assert.That(() => client.CreatePublisher("shared"), Throws.InstanceOf<ObjectDisposedException>().Or.TypeOf<PeerLostException>());
    }

    [Test]
    public void Whoever_waits_in_whatever_way_learns_that_the_server_was_disposed_or_killed([Values] bool killed)
    {
        using PeerProcess server = PeerProcess.Start("handover-serve", _address, 100);
        Assert.That(server.ReadLine(), Does.StartWith("serving"));
        using PeerProcess clients = PeerProcess.Start("handover-wait", _address, "own");
        clients.Expect("waiting");
        if (killed)
        {
            server.Kill();
        }
        else
        {
            server.WriteLine("end");
        }
        clients.Expect("12 lost");
        Assert.That(clients.ExitCode(), Is.Zero);
    }

    [Test]
    public async Task A_publisher_that_waits_for_room_learns_that_its_client_was_killed([Values] WaitStrategy strategy, [Values] bool awaits)
    {
        TaskCompletionSource<Publisher> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using RegionServer server = new(_address);
        server.OfferToEach(new TopicOptions { Capacity = Environment.SystemPageSize }, (_, topic) =>
        {
            Publisher publisher = topic.CreatePublisher(strategy);
            while (publisher.TryPublish(new byte[publisher.MaxMessageLength]))
            {
            }
            made.SetResult(publisher);
        });
        server.Start();
        using PeerProcess client = PeerProcess.Start("handover-hold", _address, "");
        client.Expect("holding");
        using Publisher full = await made.Task;
        Task waiting = awaits ? full.WaitToPublishAsync(full.MaxMessageLength).AsTask()
            : Task.Factory.StartNew(() => full.WaitToPublish(full.MaxMessageLength, Timeout.InfiniteTimeSpan), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.That(waiting.IsCompleted, Is.False);
        client.Kill();
        await Assert.ThatAsync(() => waiting, Throws.TypeOf<PeerLostException>().With.Message.Contains($"process {client.Id}"));
    }

    [Test]
    public void Ten_clients_get_every_message_of_a_shared_broadcast()
    {
        using RegionServer server = Serve();
        PeerProcess[] clients = [.. Enumerable.Range(0, 10).Select(_ => PeerProcess.Start("handover-read", _address, "shared", 1000))];
        try
        {
            Array.ForEach(clients, static client => client.Expect("reading"));
            using Publisher publisher = _topic.CreatePublisher();
            for (int i = 0; i < 1000; i++)
            {
                publisher.Publish(BitConverter.GetBytes(i));
            }
            Array.ForEach(clients, static client => client.Expect("read"));
            clients[0].Kill();
            server.Dispose();
            Array.ForEach(clients[1..], static client => client.Expect("lost"));
        }
        finally
        {
            Array.ForEach(clients, static client => client.Dispose());
        }
    }

    [Test]
    public void One_client_serves_many_threads()
    {
        using RegionServer server = Serve(new RegionServerOptions { MaxGrants = 1000 });
        using RegionClient client = RegionClient.Connect(_address);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (int i = 0; i < 20; i++)
            {
                using Subscriber subscriber = client.CreateSubscriber("shared");
                using Publisher publisher = client.CreatePublisher("shared");
                publisher.Publish("shared"u8);
                Assert.That(subscriber.Read().Payload.SequenceEqual("shared"u8));
                client.CreateObserver("shared").Dispose();
            }
        });
        Assert.That(client.IsServerLost, Is.False);
    }

    [Test]
    public void Two_servers_of_one_process_offer_the_same_topic()
    {
        using RegionServer first = Serve();
        using RegionServer second = new(_address + "-2");
        second.Offer(_topic, "also");
        second.Start();
        using RegionClient one = RegionClient.Connect(_address), two = RegionClient.Connect(second.Address);
        using Publisher publisher = one.CreatePublisher("shared");
        using Subscriber subscriber = two.CreateSubscriber("also");
        publisher.Publish("across"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("across"u8));
        first.Dispose();
        Until.True(() => publisher.IsPeerLost);
        publisher.Publish("still"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("still"u8));
        Assert.That(subscriber.IsPeerLost, Is.False);
    }

    [Test]
    public void What_is_offered_later_is_there_from_then_on()
    {
        using RegionServer server = Serve();
        using RegionClient client = RegionClient.Connect(_address);
        Assert.That(() => client.CreateObserver("late"), Throws.TypeOf<RegionRefusedException>());
        server.Offer(_topic, "late", All);
        client.CreateObserver("late").Dispose();
        Assert.That(() => server.Offer(_topic, "late"), Throws.ArgumentException.With.Message.Contains("late"));
    }

    [Test]
    public void A_callback_that_throws_costs_its_peer_the_request_and_nobody_else()
    {
        using RegionServer server = Serve();
        int calls = 0;
        server.OfferToEach(new TopicOptions(), (_, topic) =>
        {
            using Publisher publisher = topic.CreatePublisher();
            if (Interlocked.Increment(ref calls) == 1)
            {
                throw new InvalidOperationException("on purpose");
            }
        }, "own");
        using RegionClient client = RegionClient.Connect(_address);
        Assert.That(() => client.CreateSubscriber("own"), Throws.TypeOf<RegionRefusedException>().With.Message.Contains("the server failed").And.Message.Not.Contains("on purpose"));
        RegionServerEventArgs failed = Take(RegionServerEventKind.Failed);
        Assert.That(failed.Exception, Is.TypeOf<InvalidOperationException>());
        Assert.That(failed.Reason, Does.Contain("on purpose"));
        client.CreateObserver("shared").Dispose();
        using Subscriber subscriber = client.CreateSubscriber("own");
        Assert.That(calls, Is.EqualTo(2));
    }

    [Test]
    public void A_decision_that_throws_is_a_refusal()
    {
        using RegionServer server = Serve(new RegionServerOptions { Authorize = static request => request.Grant == RegionGrants.Observe ? true : throw new InvalidOperationException("on purpose") });
        using RegionClient client = RegionClient.Connect(_address);
        Assert.That(() => client.CreatePublisher("shared"), Throws.TypeOf<RegionRefusedException>());
        Assert.That(Next(RegionServerEventKind.Failed), Does.Contain("on purpose"));
        client.CreateObserver("shared").Dispose();
    }

    [Test]
    public void A_decision_that_takes_its_time_holds_up_nobody_else()
    {
        using ManualResetEventSlim deciding = new(), decided = new();
        using RegionServer server = Serve(new RegionServerOptions
        {
            Authorize = request =>
            {
                if (request.Grant == RegionGrants.Publish)
                {
                    deciding.Set();
                    decided.Wait();
                }
                return true;
            },
        });
        using RawPeer slow = RawPeer.Connect(_address);
        slow.Send(RawPeer.Request("shared", RegionGrants.Publish));
        deciding.Wait();
        using (RegionClient client = RegionClient.Connect(_address))
        {
            client.CreateObserver("shared").Dispose();
        }
        decided.Set();
        Assert.That(slow.Receive()!.Descriptors, Has.Count.EqualTo(1));
    }

    [Test]
    public void Requests_that_are_there_when_a_connection_is_taken_are_not_decided_by_who_takes_connections()
    {
        using ManualResetEventSlim decided = new();
        using RegionServer server = new(_address, new RegionServerOptions
        {
            Authorize = request =>
            {
                if (request.Grant == RegionGrants.Publish)
                {
                    decided.Wait();
                }
                return true;
            },
        });
        server.Offer(_topic, "shared", All);
        // Connected, and asking, before anybody is taken in.
        using RawPeer slow = RawPeer.Connect(_address);
        slow.Send(RawPeer.Request("shared", RegionGrants.Publish));
        server.Start();
        using (RegionClient client = RegionClient.Connect(_address))
        {
            client.CreateObserver("shared").Dispose();
        }
        decided.Set();
        Assert.That(slow.Receive()!.Descriptors, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_log_that_throws_stops_nobody()
    {
        using RegionServer server = Serve();
        server.Occurred += static (_, _) => throw new InvalidOperationException("on purpose");
        for (int i = 0; i < 3; i++)
        {
            using RegionClient client = RegionClient.Connect(_address);
            client.CreateObserver("shared").Dispose();
            Assert.That(() => client.CreateObserver("other"), Throws.TypeOf<RegionRefusedException>());
            client.CreateObserver("shared").Dispose();
        }
    }

    [Test]
    public void Who_is_gone_before_the_server_looks_again_has_left_and_is_no_failure()
    {
        using ManualResetEventSlim granted = new(), gone = new();
        using RegionServer server = Serve();
        server.Occurred += (_, happened) =>
        {
            if (happened.Kind == RegionServerEventKind.Granted)
            {
                granted.Set();
                gone.Wait();
            }
        };
        using (RawPeer peer = RawPeer.Connect(_address))
        {
            peer.Send(RawPeer.Request("shared", RegionGrants.Observe));
            granted.Wait();
        }
        gone.Set();
        Assert.That(_events.Take().Kind, Is.EqualTo(RegionServerEventKind.Granted));
        Assert.That(_events.Take().Kind, Is.EqualTo(RegionServerEventKind.Left));
    }

    [Test]
    public void A_topic_that_was_disposed_while_it_is_offered_is_refused()
    {
        using RegionServer server = Serve();
        _topic.Dispose();
        using RegionClient client = RegionClient.Connect(_address);
        Assert.That(() => client.CreateObserver("shared"), Throws.TypeOf<RegionRefusedException>());
        Next(RegionServerEventKind.Failed);
    }

    private RegionServer Serve(RegionServerOptions? options = null)
    {
        RegionServer server = new(_address, options);
        server.Occurred += (_, happened) => _events.Add(happened);
        server.Offer(_topic, "shared", All);
        server.Start();
        return server;
    }

    private string Next(RegionServerEventKind kind) => Take(kind).Reason;

    private RegionServerEventArgs Take(RegionServerEventKind kind)
    {
        while (true)
        {
            RegionServerEventArgs happened = _events.Take();
            if (happened.Kind == kind)
            {
                return happened;
            }
        }
    }
}
