using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Waiting;

/// <summary>What every wait strategy does between two processes.</summary>
[TestFixture(WaitStrategy.Spin)]
[TestFixture(WaitStrategy.Adaptive)]
[TestFixture(WaitStrategy.Park)]
internal sealed class WaitBetweenProcesses(WaitStrategy strategy)
{
    [Test]
    public void No_wake_is_lost_between_two_processes()
    {
        using TestDirectory directory = new();
        using Topic requests = Topic.OpenOrCreate(directory.File("requests"));
        using Topic replies = Topic.OpenOrCreate(directory.File("replies"));
        const int count = 20_000;
        using PeerProcess peer = PeerProcess.Start("echo", requests.Path!, replies.Path!, strategy, count);
        using Publisher publisher = requests.CreatePublisher(strategy);
        using Subscriber subscriber = replies.CreateSubscriber(strategy);
        peer.Expect("ready");
        for (int i = 0; i < count; i++)
        {
            publisher.Publish(BitConverter.GetBytes(i));
            // Now and then long enough for the other side to be on its way to sleep, in one of many stages.
            Thread.SpinWait(Random.Shared.Next(0, 2_000));
            Assert.That(BitConverter.ToInt32(subscriber.Read().Payload), Is.EqualTo(i));
        }
        peer.Expect("done");
    }
}
