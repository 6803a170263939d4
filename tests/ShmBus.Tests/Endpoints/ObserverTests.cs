using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>What one who only looks sees of those on a topic: other processes, alive, stopped, asleep and dead.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ObserverTests : IDisposable
{
    private const string Name = "t";

    private readonly TestDirectory _directory = new();
    private readonly Bus _bus;

    public ObserverTests() => _bus = Bus.Open(_directory.File("bus"));

    private string TopicPath => Path.Combine(_bus.Directory!, Name);

    public void Dispose()
    {
        _bus.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void An_observer_looks_again_and_again_and_keeps_nobody_from_deleting()
    {
        Make(new TopicOptions { Publishers = 2, Capacity = 8192 });
        using TopicObserver observer = _bus.ObserveTopic(Name);
        Assert.That((observer.Options.Publishers, observer.Options.Capacity), Is.EqualTo((2, 8192)));
        Assert.That(observer.RegionSize, Is.EqualTo(new FileInfo(TopicPath).Length));
        using (Topic topic = _bus.OpenTopic(Name))
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish(new byte[100]);
            Assert.That(observer.Inspect().PublishedBytes, Is.EqualTo(128));
            publisher.Publish(new byte[100]);
            Assert.That(observer.Inspect().PublishedBytes, Is.EqualTo(256));
        }
        Assert.That(_bus.DeleteTopic(Name), Is.True);
        Assert.That((observer.Inspect().Name, observer.Inspect().PublishedBytes), Is.EqualTo((RegionName.Removed, 256L)));
    }

    [TestCase(Delivery.Queue)]
    [TestCase(Delivery.Broadcast)]
    public void A_claim_that_a_stopped_publisher_has_open_is_seen_with_who_waits_behind_it(Delivery delivery)
    {
        Make(new TopicOptions { Publishers = 2, Delivery = delivery });
        using TopicObserver observer = _bus.ObserveTopic(Name);
        using Topic topic = _bus.OpenTopic(Name);
        using Subscriber subscriber = topic.CreateSubscriber();
        using PeerProcess peer = PeerProcess.Start("pause-in-claim", TopicPath, 3);
        peer.Expect("in claim");
        peer.Stop();
        using Publisher other = topic.CreatePublisher();
        other.Publish(new byte[10]);
        while (subscriber.TryRead(out _))
        {
        }
        EndpointInfo[] seen = [.. observer.Inspect().Endpoints];
        EndpointInfo stopped = seen.Single(endpoint => endpoint.Role == EndpointRole.Publisher && endpoint.ProcessId == peer.Id);
        EndpointInfo reader = seen.Single(static endpoint => endpoint.Role == EndpointRole.Subscriber);
        Assert.That((stopped.IsAlive, stopped.OpenClaim), Is.EqualTo((true, reader.Position)));
        Assert.That(stopped.OpenClaim, Is.GreaterThan(0));
        Assert.That(reader.UnreadBytes, Is.EqualTo((long)(RecordDescriptor.Extent(100) + RecordDescriptor.Extent(10))));
        Assert.That(seen.Single(endpoint => endpoint.Role == EndpointRole.Publisher && endpoint.ProcessId != peer.Id).OpenClaim, Is.Null);
        peer.Continue();
        peer.WriteLine("");
        peer.Expect("committed");
        Assert.That(observer.Inspect().Endpoints.Select(static endpoint => endpoint.OpenClaim), Is.All.Null);
    }

    [Test]
    public void The_claim_of_a_killed_publisher_is_seen_until_it_was_passed_by()
    {
        Make(new TopicOptions { Publishers = 2 });
        using TopicObserver observer = _bus.ObserveTopic(Name);
        using (PeerProcess peer = PeerProcess.Start("die-in-claim", TopicPath, 3))
        {
            peer.ExitCode();
        }
        EndpointInfo dead = observer.Inspect().Endpoints.Single();
        Assert.That((dead.IsAlive, dead.OpenClaim is not null), Is.EqualTo((false, true)));
        using Topic topic = _bus.OpenTopic(Name);
        using Subscriber subscriber = topic.CreateSubscriber();
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish("after"u8);
        for (int i = 0; i < 4; i++)
        {
            subscriber.Read();
        }
        subscriber.Complete();
        Assert.That(observer.Inspect().Endpoints.Select(static endpoint => endpoint.OpenClaim), Is.All.Null);
        Assert.That(observer.Inspect().Endpoints.Single(static endpoint => endpoint.Role == EndpointRole.Subscriber).Losses, Is.EqualTo(1));
    }

    [Test]
    public void Who_sleeps_is_seen_and_how_often_it_slept_and_was_woken()
    {
        Make(new TopicOptions { Capacity = 4096 });
        using TopicObserver observer = _bus.ObserveTopic(Name);
        using PeerProcess publisher = PeerProcess.Start("publish-without-end", TopicPath, 100);
        // The ring is full, and nobody reads: it sleeps for room.
        Until.True(() => observer.Inspect().Endpoints is [{ IsParked: true }]);
        EndpointInfo full = observer.Inspect().Endpoints.Single();
        Assert.That((full.Role, full.Sleeps), Is.EqualTo((EndpointRole.Publisher, 1U)));
        using Topic topic = _bus.OpenTopic(Name);
        using Subscriber subscriber = topic.CreateSubscriber();
        // As often as the publisher sleeps for room again.
        Until.True(() =>
        {
            while (subscriber.TryRead(out _))
            {
            }
            EndpointInfo now = observer.Inspect().Endpoints.Single(static endpoint => endpoint.Role == EndpointRole.Publisher);
            return now.Sleeps > full.Sleeps && now.Wakes > full.Wakes;
        });
        publisher.Kill();
        while (subscriber.TryRead(out _))
        {
        }
        using PeerProcess parked = PeerProcess.Start("park", MakeOther("u"));
        int thread = int.Parse(parked.ReadLine(), CultureInfo.InvariantCulture);
        Until.Asleep(parked.Id, thread.ToString(CultureInfo.InvariantCulture));
        Assert.That(_bus.InspectTopic("u").Endpoints.Single(), Is.Not.Null.And.Property(nameof(EndpointInfo.IsParked)).True);
    }

    [Test]
    public void A_publisher_of_lanes_is_seen_to_sleep_and_its_claim_is_seen_in_its_lane()
    {
        Make(new TopicOptions { Capacity = 4096, Publishers = 2, Lanes = true });
        using TopicObserver observer = _bus.ObserveTopic(Name);
        using PeerProcess full = PeerProcess.Start("publish-without-end", TopicPath, 100);
        Until.True(() => observer.Inspect().Endpoints is [{ IsParked: true }]);
        using PeerProcess paused = PeerProcess.Start("pause-in-claim", TopicPath, 3);
        paused.Expect("in claim");
        EndpointInfo[] seen = [.. observer.Inspect().Endpoints];
        Assert.That(seen.Select(endpoint => (endpoint.ProcessId == paused.Id, endpoint.IsParked, endpoint.OpenClaim is not null)),
            Is.EquivalentTo(new[] { (true, false, true), (false, true, false) }));
    }

    [Test]
    public void A_topic_whose_name_is_gone_is_seen_through_a_process_that_has_it_open()
    {
        Make(new TopicOptions { Capacity = 4096 });
        using PeerProcess peer = PeerProcess.Start("publish-without-end", TopicPath, 100);
        using (TopicObserver observer = _bus.ObserveTopic(Name))
        {
            Until.True(() => observer.Inspect().Endpoints is [{ IsParked: true }]);
        }
        File.Delete(TopicPath);
        Assert.That(() => _bus.ObserveTopic(Name), Throws.TypeOf<NotFoundErrnoException>());
        using TopicObserver unlinked = TopicObserver.OpenOfProcess(peer.Id, Descriptor(peer));
        Assert.That(unlinked.Inspect().Endpoints.Single(), Has.Property(nameof(EndpointInfo.ProcessId)).EqualTo(peer.Id).And.Property(nameof(EndpointInfo.IsAlive)).True);
        Assert.That(() => TopicObserver.OpenOfProcess(peer.Id, 0), Throws.TypeOf<RegionTypeException>(), "a pipe");
        Assert.That(() => TopicObserver.OpenOfProcess(peer.Id, 9999), Throws.TypeOf<NotFoundErrnoException>());
    }

    [Test]
    public void A_topic_of_lanes_whose_name_is_gone_is_looked_at_without_its_lanes()
    {
        Make(new TopicOptions { Capacity = 4096, Lanes = true });
        using PeerProcess peer = PeerProcess.Start("pause-in-claim", TopicPath, 3);
        peer.Expect("in claim");
        File.Delete(TopicPath);
        using TopicObserver unlinked = TopicObserver.OpenOfProcess(peer.Id, Descriptor(peer));
        Assert.That(unlinked.Inspect().Endpoints.Single(), Has.Property(nameof(EndpointInfo.ProcessId)).EqualTo(peer.Id).And.Property(nameof(EndpointInfo.IsAlive)).True);
    }

    [Test]
    public unsafe void Whatever_stands_in_the_table_looking_ends_and_touches_nothing_else()
    {
        Make(new TopicOptions { Capacity = 4096, Publishers = 3 });
        using TopicObserver observer = _bus.ObserveTopic(Name);
        Random random = new(5);
        byte[] bytes = File.ReadAllBytes(TopicPath);
        using FileStream file = new(TopicPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        for (int round = 0; round < 500; round++)
        {
            // The header stays: it was read once, before.
            random.NextBytes(bytes.AsSpan(RegionDescriptor.HeaderSize));
            if (round % 2 == 0)
            {
                // Positions that may pass for some.
                BitConverter.TryWriteBytes(bytes.AsSpan(RegionDescriptor.TailOffset), 4096UL + (ulong)random.Next(1 << 10) * 16);
                for (int slot = 0; slot < 3; slot++)
                {
                    BitConverter.TryWriteBytes(bytes.AsSpan(4096 + slot * RegionDescriptor.SlotSize), 4096UL + (ulong)random.Next(1 << 10) * 16);
                }
            }
            file.Position = RegionDescriptor.HeaderSize;
            file.Write(bytes.AsSpan(RegionDescriptor.HeaderSize));
            file.Flush();
            Assert.That(() => observer.Inspect(), Throws.Nothing);
        }
        byte[] after = File.ReadAllBytes(TopicPath);
        Assert.That(after.AsSpan(RegionDescriptor.HeaderSize).SequenceEqual(bytes.AsSpan(RegionDescriptor.HeaderSize)), Is.True, "it wrote nothing");
    }

    private void Make(TopicOptions options) => _bus.OpenOrCreateTopic(Name, options).Dispose();

    private string MakeOther(string name)
    {
        using Topic topic = _bus.OpenOrCreateTopic(name);
        return topic.Path!;
    }

    /// <summary>A descriptor by which a process has the topic open, whose name is gone.</summary>
    private int Descriptor(PeerProcess peer) => Directory.EnumerateFileSystemEntries($"/proc/{peer.Id}/fd")
        .Where(entry => new FileInfo(entry).LinkTarget == TopicPath + " (deleted)")
        .Select(static entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture)).First();
}
