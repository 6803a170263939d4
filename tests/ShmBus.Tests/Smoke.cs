using ShmBus.Tests.Support;

namespace ShmBus.Tests;

internal sealed class Smoke
{
    [Test]
    public void Messages_of_another_process_arrive()
    {
        using TestDirectory directory = new();
        using Topic topic = Topic.OpenOrCreate(directory.File("t"));
        using Subscriber subscriber = topic.CreateSubscriber();
        using PeerProcess peer = PeerProcess.Start("publish", directory.File("t"), 100_000);
        for (int i = 0; i < 100_000; i++)
        {
            Assert.That(BitConverter.ToInt32(subscriber.Read().Payload), Is.EqualTo(i));
        }
        peer.Expect("done");
    }
}
