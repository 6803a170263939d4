using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>A process is killed, or paused, at the worst moment; the other one neither loses, nor repeats, nor waits for ever.</summary>
[TestFixture("one publisher")]
[TestFixture("one of many publishers")]
[TestFixture("a lane")]
internal sealed class DeathTests(string kind)
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;

    private bool IsOne => kind == "one publisher";

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Publishers = IsOne ? 1 : 3, Lanes = kind == "a lane" });
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Publisher_killed_in_a_claim_loses_only_what_it_had_not_committed()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        List<(long, long)> losses = [];
        subscriber.Lost += (_, loss) => losses.Add((loss.Position, loss.Length));
        using PeerProcess peer = PeerProcess.Start("die-in-claim", _path, 5);
        peer.ExitCode();
        for (ulong i = 0; i < 5; i++)
        {
            Assert.That(BitConverter.ToUInt64(subscriber.Read().Payload), Is.EqualTo(i));
        }
        using Publisher successor = _topic.CreatePublisher();
        successor.Publish("next"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("next"u8), Is.True);
        Assert.That(subscriber.Losses, Is.EqualTo(1));
        Assert.That(losses, Is.EqualTo(new[] { (_topic.Capacity + 5 * 32L, 128L) }), "16 of header and 100 of payload, in units of 16");
        EndpointInfo slot = _topic.Inspect().Endpoints.Single(static endpoint => endpoint.Role == EndpointRole.Subscriber);
        Assert.That((slot.Losses, slot.LostBytes), Is.EqualTo((1, 128)));
    }

    [Test]
    public void Claim_of_a_killed_publisher_is_passed_by_while_the_reader_sleeps([Values] bool isWatched)
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
    public void Publisher_killed_between_its_stamp_and_the_wake_leaves_no_sleeper([Values] bool isWatched)
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
    public void Publisher_paused_in_a_claim_is_waited_for()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        using PeerProcess peer = PeerProcess.Start("pause-in-claim", _path, 0);
        peer.Expect("in claim");
        peer.Stop();
        Assert.That(subscriber.WaitToRead(TimeSpan.FromSeconds(1)), Is.False);
        if (IsOne)
        {
            Assert.That(() => _topic.CreatePublisher(), Throws.TypeOf<EndpointInUseException>(), "a paused process is alive");
        }
        peer.Continue();
        peer.WriteLine("go");
        Message message = subscriber.Read();
        Assert.That(message.Payload.Length, Is.EqualTo(100));
        Assert.That(message.Payload.ContainsAnyExcept((byte)42), Is.False);
        Assert.That(subscriber.Losses, Is.Zero);
    }

    [TestCase(Acknowledge.AfterHandling, 2)]
    [TestCase(Acknowledge.BeforeHandling, 3)]
    public void Message_in_the_hands_of_a_killed_subscriber_comes_again_only_at_least_once(Acknowledge acknowledge, int next)
    {
        using Publisher publisher = _topic.CreatePublisher();
        for (int i = 0; i < 10; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
        }
        using PeerProcess peer = PeerProcess.Start("read-then-die", _path, acknowledge, 3);
        peer.ExitCode();
        using Subscriber successor = _topic.CreateSubscriber();
        for (int i = next; i < 10; i++)
        {
            Assert.That(BitConverter.ToInt32(successor.Read().Payload), Is.EqualTo(i));
        }
        Assert.That(successor.TryRead(out _), Is.False);
    }

    [Test]
    public void Room_that_a_killed_subscriber_had_read_is_found()
    {
        using Publisher publisher = _topic.CreatePublisher();
        byte[] payload = new byte[_topic.Capacity / 64 - 16];
        for (int i = 0; i < 64; i++)
        {
            Assert.That(publisher.TryPublish(payload), Is.True);
        }
        Assert.That(publisher.TryPublish(payload), Is.False);
        // It dies with the fourth in hand: less than the eighth of the ring after which room is given back.
        using PeerProcess peer = PeerProcess.Start("read-then-die", _path, Acknowledge.AfterHandling, 4);
        peer.ExitCode();
        for (int i = 0; i < 3; i++)
        {
            publisher.Publish(payload);
        }
        Assert.That(publisher.WaitToPublish(payload.Length, TimeSpan.FromMilliseconds(50)), Is.False, "the fourth is still to be read");
    }

    [Test]
    public void Publisher_asleep_for_room_gets_what_a_killed_subscriber_had_read([Values] bool isWatched)
    {
        int extent = _topic.Capacity / 64;
        using PeerProcess publisher = PeerProcess.Start(Watched(isWatched), "publish-without-end", _path, extent - 16);
        Until.True(() => _topic.Inspect().PublishedBytes == _topic.Capacity);
        // It dies with the fourth in hand: less than the eighth of the ring after which room is given back.
        using PeerProcess reader = PeerProcess.Start("read-then-die", _path, Acknowledge.AfterHandling, 4);
        reader.ExitCode();
        Until.True(() => _topic.Inspect().PublishedBytes == _topic.Capacity + 3 * extent);
    }

    /// <summary>One that waits for a message asleep.</summary>
    private PeerProcess StartReader(bool isWatched) => PeerProcess.Start(Watched(isWatched), "park", _path);

    /// <summary>Unwatched, inotify is refused to it, and its sleeps are bounded.</summary>
    private static Confinement Watched(bool isWatched) => isWatched ? new Confinement() : new Confinement().NoInotify();
}
