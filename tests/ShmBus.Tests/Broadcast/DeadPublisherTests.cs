using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

/// <summary>A publisher of a broadcast is killed: what each subscriber loses of it, and what not.</summary>
[TestFixture(1, Overflow.Wait)]
[TestFixture(3, Overflow.Wait)]
[TestFixture(1, Overflow.Overwrite)]
internal sealed class DeadPublisherTests(int publishers, Overflow overflow)
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = Topic.OpenOrCreate(
            _directory.File("topic"), new TopicOptions { Delivery = Delivery.Broadcast, Publishers = publishers, Overflow = overflow });
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
        using Subscriber first = _topic.CreateSubscriber();
        using Subscriber second = _topic.CreateSubscriber(place: "second");
        using PeerProcess peer = PeerProcess.Start("die-in-claim", _topic.Path!, 5);
        peer.ExitCode();
        using Publisher successor = _topic.CreatePublisher();
        successor.Publish("next"u8);
        foreach (Subscriber subscriber in (Subscriber[])[first, second])
        {
            List<LossEventArgs> losses = [];
            subscriber.Lost += (_, loss) => losses.Add(loss);
            for (ulong i = 0; i < 5; i++)
            {
                Assert.That(BitConverter.ToUInt64(subscriber.Read().Payload), Is.EqualTo(i));
            }
            Assert.That(subscriber.Read().Payload.SequenceEqual("next"u8), Is.True);
            Assert.That(losses.Select(static loss => (loss.Cause, loss.Position, loss.Length)),
                Is.EqualTo(new[] { (LossCause.PublisherDied, _topic.Capacity + 5 * 32L, 128L) }), "16 of header and 100 of payload, in units of 16");
        }
    }
}
