using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Broadcast;

/// <summary>
/// A claim that one of several publishers has open, in a broadcast: nobody need be waiting behind it, and still the others must not
/// come round to it.
/// </summary>
internal sealed class OpenClaimTests
{
    private const int Capacity = 4096;
    private const int Length = 48;

    private TestDirectory _directory = null!;
    private string _path = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
    }

    [TearDown]
    public void Close() => _directory.Dispose();

    [Test]
    public void Nobody_comes_round_to_an_open_claim([Values(0, Capacity)] int evictionLag, [Values] bool isAnybodyThere)
    {
        using Topic topic = Create(evictionLag);
        using Publisher holds = topic.CreatePublisher();
        using Publisher other = topic.CreatePublisher();
        using Subscriber? waits = isAnybodyThere ? topic.CreateSubscriber() : null;
        Assert.That(holds.TryClaim(100, 7, out Claim claim), Is.True);
        int sent = Fill(other);
        Assert.That(sent, Is.EqualTo((Capacity - 128) / 64), "all that has room behind it");
        using Subscriber subscriber = topic.CreateSubscriber();
        claim.Payload.Fill((byte)'a');
        claim.Commit();
        if (waits is not null)
        {
            Assert.That(waits.TryRead(out Message first), Is.True);
            Assert.That(first.Payload.IndexOfAnyExcept((byte)'a'), Is.EqualTo(-1));
            Assert.That(waits.Poll(static message => Assert.That(message.Payload.IndexOfAnyExcept((byte)'b'), Is.EqualTo(-1))), Is.EqualTo(sent));
        }
        Assert.That(other.TryPublish(Message), Is.True);
        Assert.That(subscriber.TryRead(out Message next), Is.True);
        Assert.That(next.Payload.IndexOfAnyExcept((byte)'b'), Is.EqualTo(-1));
        Assert.That(subscriber.Losses, Is.Zero);
    }

    [Test]
    public void Publisher_asleep_for_an_open_claim_goes_on_when_it_is_closed([Values] bool isCommitted)
    {
        using Topic topic = Create(evictionLag: 0);
        using Publisher holds = topic.CreatePublisher();
        using Publisher other = topic.CreatePublisher(WaitStrategy.Park);
        Assert.That(holds.TryClaim(100, 7, out Claim claim), Is.True);
        Fill(other);
        int thread = 0;
        Task publishing = Task.Factory.StartNew(
            () =>
            {
                thread = Posix.ThreadId;
                other.Publish(Message);
            },
            TaskCreationOptions.LongRunning);
        Until.True(() => Volatile.Read(ref thread) != 0);
        Until.Asleep(Environment.ProcessId, thread.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (isCommitted)
        {
            claim.Commit();
        }
        else
        {
            claim.Dispose();
        }
        publishing.Wait();
    }

    [Test]
    public void Publisher_asleep_for_an_open_claim_goes_on_when_its_owner_is_killed()
    {
        using Topic topic = Create(evictionLag: 0);
        using PeerProcess holds = PeerProcess.Start("pause-in-claim", _path, 0);
        holds.Expect("in claim");
        using Publisher other = topic.CreatePublisher(WaitStrategy.Park);
        Fill(other);
        Task publishing = Task.Factory.StartNew(() => other.Publish(Message), TaskCreationOptions.LongRunning);
        holds.Kill();
        publishing.Wait();
        Assert.That(Fill(other), Is.Positive, "a dead one's claim is in nobody's way");
    }

    private static byte[] Message { get; } = [.. Enumerable.Repeat((byte)'b', Length)];

    private Topic Create(int evictionLag) => Topic.OpenOrCreate(_path, new TopicOptions
    {
        Capacity = Capacity,
        Publishers = 2,
        Delivery = Delivery.Broadcast,
        EvictionLag = evictionLag,
    });

    private static int Fill(Publisher publisher)
    {
        for (int sent = 0; ; sent++)
        {
            if (sent > 1000 || !publisher.TryPublish(Message))
            {
                return sent;
            }
        }
    }
}
