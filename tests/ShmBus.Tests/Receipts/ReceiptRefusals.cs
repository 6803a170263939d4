using ShmBus.Serialization;

namespace ShmBus.Tests.Receipts;

/// <summary>Where there is nothing to acknowledge explicitly.</summary>
internal sealed class ReceiptRefusals
{
    [Test]
    public void Where_messages_are_overwritten_nothing_is_acknowledged()
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite });
        Assert.That(() => topic.CreateSubscriber(acknowledge: Acknowledge.Explicitly),
            Throws.ArgumentException.With.Message.Contains("AfterHandling").And.Message.Contains("Overflow.Wait"));
    }

    [Test]
    public void Reader_of_a_channel_has_no_receipts()
    {
        using Topic topic = Topic.CreateAnonymous();
        Assert.That(() => topic.CreateChannelReader(MessageSerializer.Utf8, new TopicChannelOptions { Acknowledge = Acknowledge.Explicitly }),
            Throws.ArgumentException.With.Message.Contains("AfterHandling"));
    }
}
