using ShmBus.Serialization;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>What is generated is what typed endpoints take.</summary>
internal sealed class EndpointTests
{
    [Test]
    public void Messages_go_through_a_topic()
    {
        using Topic topic = Topic.CreateInProcess();
        using Publisher<Order> publisher = topic.CreatePublisher(Order.MessagePack);
        using Subscriber<Order> subscriber = topic.CreateSubscriber(Order.MessagePack);
        foreach (int lines in Enumerable.Range(0, 50))
        {
            // Longer each time than what was claimed for the last one.
            Order order = new(Guid.NewGuid(), "c", [.. Enumerable.Range(0, lines).Select(static i => new Line($"p{i}", i, i))], Side.Buy);
            Assert.That(publisher.TryPublish(order), Is.True);
            Assert.That(subscriber.TryRead(out Order? read), Is.True);
            Assert.That(Order.MessagePack.Hex(read!), Is.EqualTo(Order.MessagePack.Hex(order)));
        }
    }

    [Test]
    public void A_topic_of_one_type_is_none_of_another_and_says_both_shapes()
    {
        using Topic topic = Topic.CreateInProcess();
        using Publisher<Tick> publisher = topic.CreatePublisher(Tick.MessagePack);
        Assert.That(() => topic.CreateSubscriber(Line.MessagePack), Throws.TypeOf<ContractMismatchException>()
            .With.Message.Contains(Tick.MessagePack.Contract.Shape).And.Message.Contains(Line.MessagePack.Contract.Shape));
    }
}
