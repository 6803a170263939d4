using System.Diagnostics;
using ShmBus.Endpoints;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

/// <summary>A subscriber of a broadcast whose publishers wait is killed: nobody waits for it any longer, but for a place with a name.</summary>
[TestFixture(1)]
[TestFixture(3)]
internal sealed class DeadSubscriberTests(int publishers)
{
    private const int Capacity = 4096;

    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, Publishers = publishers, Subscribers = 4 });
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Publisher_asleep_for_one_that_is_killed_goes_on([Values] bool isStopped)
    {
        using PeerProcess held = PeerProcess.Start("hold-subscriber", _path);
        held.Expect("holding");
        using PeerProcess publisher = StartFullPublisher();
        if (isStopped)
        {
            held.Stop();
        }
        long published = Published;
        long killed = Stopwatch.GetTimestamp();
        held.Kill();
        Until.True(() => Published > published);
        TestContext.Out.WriteLine($"{Stopwatch.GetElapsedTime(killed).TotalMilliseconds:f1} ms from the kill to the next message");
        // For good: by now the dead one is far behind.
        Until.True(() => Published > published + 10 * Capacity);
    }

    [Test]
    public void Publisher_asleep_for_one_that_leaves_goes_on()
    {
        using PeerProcess held = PeerProcess.Start("hold-subscriber", _path);
        held.Expect("holding");
        using PeerProcess publisher = StartFullPublisher();
        long published = Published;
        held.CloseInput();
        Until.True(() => Published > published + 10 * Capacity);
    }

    [Test]
    public void Killed_owner_of_a_place_is_waited_for_until_its_successor_reads_or_the_place_is_given_up()
    {
        using PeerProcess held = PeerProcess.Start("hold-subscriber", _path, "billing");
        held.Expect("holding");
        using PeerProcess publisher = StartFullPublisher();
        long published = Published;
        held.Kill();
        // Longer than anybody looks for who died.
        Thread.Sleep(3000);
        Assert.That(Published, Is.EqualTo(published));
        Assert.That(_topic.Inspect().Endpoints.Single(static endpoint => endpoint.PlaceName is not null),
            Has.Property(nameof(EndpointInfo.PlaceName)).EqualTo("billing").And.Property(nameof(EndpointInfo.IsAlive)).False);
        using (Subscriber successor = _topic.CreateSubscriber(place: "billing"))
        {
            Assert.That(successor.Read().Position, Is.EqualTo(Capacity), "the first message");
            for (int i = 0; i < 1000; i++)
            {
                successor.Read();
            }
            successor.Complete();
        }
        Assert.That(_topic.RemovePlace("billing"), Is.True);
        published = Published;
        Until.True(() => Published > published + 10 * Capacity);
    }

    [Test]
    public void Killed_one_is_not_waited_for_again_when_another_joins()
    {
        using Publisher publisher = _topic.CreatePublisher();
        Subscriber first = _topic.CreateSubscriber();
        using (PeerProcess killed = PeerProcess.Start("hold-subscriber", _path))
        {
            killed.Expect("holding");
            BroadcastContract.Fill(publisher);
            killed.Kill();
        }
        first.Dispose();
        Until.True(() => publisher.TryPublish(new byte[16]));
        // Until nobody looks any more for who died.
        Thread.Sleep(3000);
        using Subscriber joins = _topic.CreateSubscriber();
        Assert.That(joins.Slot, Is.EqualTo(first.Slot), "not the slot of the dead one");
        for (int i = 0; i < 2 * Capacity / 32; i++)
        {
            Until.True(() => publisher.TryPublish(BitConverter.GetBytes(i)));
            Assert.That(BroadcastContract.Numbers(joins), Is.EqualTo([i]));
        }
    }

    private long Published => _topic.Inspect().PublishedBytes;

    /// <summary>A process that publishes without end, asleep for want of room.</summary>
    private PeerProcess StartFullPublisher()
    {
        PeerProcess publisher = PeerProcess.Start("publish-without-end", _path, 16);
        Until.True(() => Published == Capacity);
        Until.Asleep(publisher.Id, $"{publisher.Id}");
        return publisher;
    }
}
