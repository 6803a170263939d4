using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

/// <summary>A subscriber of a broadcast whose publishers wait is killed, or gives up: nobody waits for it any longer, but for its place.</summary>
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
    public void Killed_one_is_not_waited_for_again_when_another_joins()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using (PeerProcess killed = PeerProcess.Start("hold-subscriber", _path))
        {
            killed.Expect("holding");
            BroadcastContract.Fill(publisher);
            killed.Kill();
        }
        Until.True(() => publisher.TryPublish(new byte[16]));
        using Subscriber joins = _topic.CreateSubscriber();
        // Twice round the ring, which the dead one is far behind.
        for (int i = 0; i < 2 * Capacity / 32; i++)
        {
            Until.True(() => publisher.TryPublish(BitConverter.GetBytes(i)));
            Assert.That(BroadcastContract.Numbers(joins), Is.EqualTo([i]));
        }
    }
}
