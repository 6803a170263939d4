using ShmBus.Tests.Support;

namespace ShmBus.Tests.Async;

/// <summary>Awaiting what another process does, which may be killed at it.</summary>
[TestFixture("one publisher")]
[TestFixture("one of many publishers")]
[TestFixture("a lane")]
internal sealed class AwaitPeerTests(string kind)
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _topic = Topic.OpenOrCreate(_path, Options);
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    private TopicOptions Options => new() { Publishers = kind == "one publisher" ? 1 : 3, Lanes = kind == "a lane" };

    [Test]
    public async Task No_wake_is_lost_between_two_processes([Values] bool isInline)
    {
        const int count = 10_000;
        TopicOptions options = Options with { AllowSynchronousContinuations = isInline };
        using Topic requests = Topic.OpenOrCreate(_directory.File("requests"), options);
        using Topic replies = Topic.OpenOrCreate(_directory.File("replies"), options);
        using PeerProcess peer = PeerProcess.Start("await-echo", requests.Path!, replies.Path!, isInline, count);
        using Publisher publisher = requests.CreatePublisher();
        using Subscriber subscriber = replies.CreateSubscriber();
        peer.Expect("ready");
        for (int i = 0; i < count; i++)
        {
            await publisher.PublishAsync(BitConverter.GetBytes(i));
            // Now and then long enough for the other side to be on its way to sleep, in one of many stages.
            Thread.SpinWait(Random.Shared.Next(0, 2_000));
            using MessageCopy reply = await subscriber.ReadAsync();
            Assert.That(BitConverter.ToInt32(reply.Payload.Span), Is.EqualTo(i));
        }
        subscriber.Complete();
        peer.Expect("done");
    }

    [Test]
    public void Claim_of_a_killed_publisher_is_passed_by_while_the_reader_awaits([Values] bool isWatched)
    {
        using PeerProcess reader = StartReader(isWatched);
        string thread = reader.ReadLine();
        using PeerProcess peer = PeerProcess.Start("die-in-claim", _path, 0);
        peer.ExitCode();
        Until.True(() => _topic.Inspect().PendingBytes == 0);
        Until.Asleep(reader.Id, thread);
        using Publisher successor = _topic.CreatePublisher();
        successor.Publish("next"u8);
        reader.Expect("got 4");
    }

    [Test]
    public void Publisher_killed_between_its_stamp_and_the_wake_leaves_no_awaiter([Values] bool isWatched)
    {
        using PeerProcess reader = StartReader(isWatched);
        string thread = reader.ReadLine();
        using PeerProcess peer = PeerProcess.Start("die-before-wake", _path);
        peer.Expect("at it");
        Until.Asleep(reader.Id, thread);
        peer.WriteLine("go");
        reader.Expect("got 14");
    }

    [Test]
    public void Publisher_that_awaits_room_gets_what_a_killed_subscriber_had_read([Values] bool isWatched)
    {
        int extent = _topic.Capacity / 64;
        using PeerProcess publisher = PeerProcess.Start(Watched(isWatched), "await-room-without-end", _path, extent - 16);
        Until.True(() => _topic.Inspect().PublishedBytes == _topic.Capacity);
        // It dies with the fourth in hand: less than the eighth of the ring after which room is given back.
        using PeerProcess reader = PeerProcess.Start("read-then-die", _path, Acknowledge.AfterHandling, 4);
        reader.ExitCode();
        Until.True(() => _topic.Inspect().PublishedBytes == _topic.Capacity + 3 * extent);
    }

    [Test]
    public async Task Each_of_several_that_await_room_gets_its_messages_through()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        Task[] senders = [.. Enumerable.Range(0, _topic.Publishers).Select(i => Task.Run(async () =>
        {
            using Publisher publisher = _topic.CreatePublisher();
            for (uint message = 0; message < 2_000; message++)
            {
                await publisher.PublishAsync(new byte[1000], (uint)i << 16 | message);
            }
        }))];
        uint[] next = new uint[_topic.Publishers];
        for (int i = 0; i < 2_000 * _topic.Publishers; i++)
        {
            using MessageCopy message = await subscriber.ReadAsync();
            Assert.That(message.Type & 0xFFFF, Is.EqualTo(next[message.Type >> 16]++));
        }
        await Task.WhenAll(senders);
    }

    /// <summary>One that awaits a message.</summary>
    private PeerProcess StartReader(bool isWatched) => PeerProcess.Start(Watched(isWatched), "await", _path);

    /// <summary>Unwatched, inotify is refused to it, and its sleeps are bounded.</summary>
    private static Confinement Watched(bool isWatched) => isWatched ? new Confinement() : new Confinement().NoInotify();
}
