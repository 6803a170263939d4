using System.Diagnostics;
using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Passing;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Tests.Passing;

/// <summary>What the peer leaves at its end is read, who waits learns of every end, and no stamp makes a reader do without its copy.</summary>
internal sealed class PeerEndTests
{
    [Test]
    public unsafe void No_stamp_has_a_message_of_an_untrusted_peer_read_in_place([Values] bool polls)
    {
        TopicOptions options = new() { TrustPeers = false };
        using Topic topic = Topic.CreateAnonymous(options);
        using Subscriber subscriber = topic.CreateSubscriber();
        Region region = Region.Map(topic.Source, options.ToRegionOptions(), readOnly: false);
        RingMemory ring = region.Ring();
        // A peer with a grant to publish writes what it likes: here what the reader's shortcut compares with.
        ulong position = *ring.Tail;
        ulong* at = (ulong*)(ring.Data + (position & (ring.Capacity - 1)));
        at[1] = RecordDescriptor.LengthAndType(8, 0);
        at[2] = 1;
        *ring.Tail = position + 32;
        *at = position ^ ~RecordDescriptor.BareStamp(0, ring.Key);
        ulong first = 0, second = 0;
        if (polls)
        {
            subscriber.Poll(message => (first, second) = LookTwice(message, at));
        }
        else if (subscriber.TryRead(out Message message))
        {
            (first, second) = LookTwice(message, at);
        }
        region.Close();
        region.Unmap();
        Assert.That(second, Is.EqualTo(first), "what was checked changed in the reader's hand");
    }

    private static unsafe (ulong, ulong) LookTwice(Message message, ulong* at)
    {
        ulong first = BitConverter.ToUInt64(message.Payload);
        at[2] = 2;
        return (first, BitConverter.ToUInt64(message.Payload));
    }

    [Test]
    public void When_the_connection_ends_with_the_last_endpoint_its_claim_is_given_up()
    {
        TopicOptions options = new() { Publishers = 2 };
        using Topic topic = Topic.CreateAnonymous(options);
        using Subscriber subscriber = topic.CreateSubscriber();
        bool isThere = false;
        // What a reader sees that is told of the end at once.
        PeerLink link = new("a peer", () => isThere = subscriber.TryRead(out _));
        Publisher claiming = Pass(topic, options, link).CreatePublisher();
        Publisher committing = Pass(topic, options, link).CreatePublisher();
        link.Release();
        Assert.That(claiming.TryClaim(8, out _));
        committing.Publish("committed"u8);
        committing.Dispose();
        claiming.Dispose();
        Assert.That(isThere, "committed behind a claim that its owner gave up as it left");
    }

    [Test]
    public async Task What_is_committed_behind_the_claim_of_a_killed_peer_is_read_though_the_connection_ends_before_its_lock([Values] bool awaits)
    {
        TopicOptions options = new() { Publishers = 2 };
        PeerLink link = new("a peer", static () => { });
        using Topic topic = Topic.CreateAnonymous(options, link);
        using Subscriber subscriber = topic.CreateSubscriber();
        // Its own mapping and locks: as the kernel takes them from one that is killed, one after the other.
        Topic claimings = Pass(topic, options, null);
        Publisher claiming = claimings.CreatePublisher();
        using Publisher committing = Pass(topic, options, null).CreatePublisher();
        Assert.That(claiming.TryClaim(8, out _));
        committing.Publish("committed"u8);
        Task<string> reading = awaits ? ReadAsync() : Task.Factory.StartNew(
            () => System.Text.Encoding.UTF8.GetString(subscriber.Read().Payload), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(50);
        link.Lose("its connection has ended");
        await Task.Delay(50);
        claimings.Source.Unlock(claimings.Source.Header.Geometry.PublisherSlotOffset(0));
        Assert.That(await reading, Is.EqualTo("committed"));
        await Assert.ThatAsync(async () => await Task.Run(() => subscriber.WaitToRead(Timeout.InfiniteTimeSpan)), Throws.TypeOf<PeerLostException>());

        async Task<string> ReadAsync()
        {
            using MessageCopy copy = await subscriber.ReadAsync();
            return System.Text.Encoding.UTF8.GetString(copy.Payload.Span);
        }
    }

    [Test]
    public async Task A_peer_that_lives_and_keeps_a_claim_open_does_not_hold_up_the_end_for_ever([Values] bool awaits)
    {
        TopicOptions options = new() { Publishers = 2 };
        PeerLink link = new("a peer", static () => { });
        using Topic topic = Topic.CreateAnonymous(options, link);
        using Subscriber subscriber = topic.CreateSubscriber();
        using Publisher claiming = Pass(topic, options, null).CreatePublisher();
        Assert.That(claiming.TryClaim(8, out Claim claim));
        claim = default;
        link.Lose("its connection has ended");
        Task waiting = awaits ? subscriber.WaitToReadAsync().AsTask() : Task.Run(() => subscriber.WaitToRead(Timeout.InfiniteTimeSpan));
        await Assert.ThatAsync(() => waiting, Throws.TypeOf<PeerLostException>());
    }

    [Test]
    public async Task Whoever_waits_already_learns_that_the_child_could_not_be_started()
    {
        Subscriber? subscriber = null;
        Task? waiting = null;
        Assert.That(() => ChildRegion.Start(new ProcessStartInfo("/nonexistent/program"), prepare: region =>
        {
            subscriber = region.CreateSubscriber();
            waiting = subscriber.WaitToReadAsync().AsTask();
        }), Throws.TypeOf<System.ComponentModel.Win32Exception>());
        using (subscriber)
        {
            await Assert.ThatAsync(() => waiting!, Throws.TypeOf<PeerLostException>());
        }
    }

    [Test]
    public async Task A_client_that_is_disposed_while_it_asks_ends_at_once()
    {
        string address = $"@shmbus-test-{Guid.NewGuid():N}";
        // It listens, and takes nobody in.
        using RegionServer server = new(address);
        RegionClient client = RegionClient.Connect(address, new RegionClientOptions { Timeout = TimeSpan.FromSeconds(30) });
        Task asking = Task.Factory.StartNew(() => client.CreatePublisher(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(200);
        Task disposing = Task.Run(client.Dispose);
        await disposing;
        await Assert.ThatAsync(() => asking, Throws.InstanceOf<ObjectDisposedException>().Or.TypeOf<PeerLostException>());
    }

    private static Topic Pass(Topic topic, TopicOptions options, PeerLink? link)
    {
        RegionFile file = RegionFile.FromPassed(((RegionFile)topic.Source).OpenToPass(readOnly: false), [], "(passed)", Libc.geteuid(), readOnly: false);
        return Topic.OfPassed(file, options, link!);
    }
}
