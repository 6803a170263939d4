using ShmBus.Serialization;
using Failing = ShmBus.Hosting.Tests.Support.Options;

namespace ShmBus.Hosting.Tests.Configuration;

/// <summary>What the host is to do on a topic must go together, and with how the topic is made.</summary>
internal sealed class WrongRegistrationTests
{
    private static readonly IMessageSerializer<string> Text = MessageSerializer.Utf8;

    private static ShmBusBuilder Handle(ShmBusBuilder builder, string topic, string? name = null, Action<HandlerSettings>? configure = null) =>
        builder.AddHandler(topic, Text, static (_, _, _, _) => default, configure, name);

    [Test]
    public void A_queue_has_one_subscriber_in_a_host() => Assert.That(
        Failing.Failures(static builder => Handle(builder, "orders").AddSubscriber("orders", Text)),
        Is.EqualTo(new[]
        {
            "ShmBus:Topics:orders:Delivery is Queue, which has one subscriber at a time, and this host has 2 (AddHandler(\"orders\"), AddSubscriber(\"orders\")); expected one, or Broadcast.",
        }));

    [Test]
    public void A_broadcast_has_as_many_subscribers_as_it_takes() => Assert.That(
        Failing.Failures(
            static builder => Handle(Handle(builder, "prices"), "prices", "second").AddSubscriber("prices", Text), ("Topics:prices:Delivery", "Broadcast"), ("Topics:prices:Subscribers", "2")),
        Is.EqualTo(new[]
        {
            "ShmBus:Topics:prices:Subscribers is 2, and this host alone has 3 (AddHandler(\"prices\"), AddHandler(\"prices\", name: \"second\"), AddSubscriber(\"prices\")); expected at least so many.",
        }));

    [Test]
    public void Handlers_of_one_name_are_refused() => Assert.That(
        Failing.Failures(static builder => Handle(Handle(builder, "prices", "same"), "orders", "same")),
        Is.EqualTo(new[] { "There are 2 handlers of the name 'same'; expected a name for each: AddHandler(..., name: ...)." }));

    [Test]
    public void More_publishers_than_the_topic_takes_are_refused() => Assert.That(
        Failing.Failures(static builder => Handle(
            builder.AddPublisher("letters", DeadLetter.Serializer).ConfigureTopic("letters", static topic => (topic.Publishers, topic.Capacity) = (1, 1 << 20)), "orders", null,
            static settings => (settings.OnError, settings.DeadLetterTopic) = (ErrorAction.DeadLetter, "letters"))),
        Is.EqualTo(new[]
        {
            "ShmBus:Topics:letters:Publishers is 1, and this host alone has 2 (AddPublisher(\"letters\"), ShmBus:Handlers:orders:DeadLetterTopic); expected at least so many.",
        }));

    [Test]
    public void A_publisher_is_added_once() => Assert.That(
        Failing.Failures(static builder => builder.AddPublisher("orders", Text).AddPublisher("orders", Text)),
        Is.EqualTo(new[] { "AddPublisher(\"orders\") was called 2 times; expected once: who needs it has it injected." }));

    [Test]
    public void A_topic_has_messages_of_one_type() => Assert.That(
        Failing.Failures(static builder => Handle(builder, "orders").AddPublisher("orders", MessageSerializer.Bytes)),
        Has.One.EqualTo("The topic 'orders' has messages of several types: System.String (AddHandler(\"orders\")), System.ReadOnlyMemory`1[System.Byte] (AddPublisher(\"orders\")); expected one."));

    [Test]
    public void A_place_is_that_of_one_subscriber() => Assert.That(
        Failing.Failures(
            static builder => Handle(builder, "prices", null, static settings => settings.Place = "mine").AddSubscriber("prices", Text, place: "mine"), ("Topics:prices:Delivery", "Broadcast")),
        Is.EqualTo(new[] { "The place 'mine' of the topic 'prices' is that of AddHandler(\"prices\") and of AddSubscriber(\"prices\"); expected one for each." }));

    [Test]
    public void A_subscriber_of_a_queue_has_no_place_and_no_beginning() => Assert.That(
        Failing.Failures(static builder => builder.AddSubscriber("orders", Text, JoinAt.Oldest, "mine", Acknowledge.Explicitly)),
        Is.EqualTo(new[]
        {
            "AddSubscriber(\"orders\"): Acknowledge is Explicitly; expected AfterHandling or BeforeHandling.",
            "AddSubscriber(\"orders\"): JoinAt is Oldest; expected End: a queue goes on where the subscriber before was.",
            "AddSubscriber(\"orders\"): Place is 'mine'; expected none: a queue keeps one place, for all.",
        }));

    [Test]
    public void The_options_of_a_channel_are_checked_and_count_as_any_others() => Assert.That(
        Failing.Failures(static builder => builder.AddChannelReader("orders", Text, new TopicChannelOptions { LocalCapacity = -1, Writers = -2 }).AddSubscriber("orders", Text)),
        Is.EqualTo(new[]
        {
            "AddChannelReader(\"orders\"): LocalCapacity is -1; expected a number of messages, 0 for no local channel.",
            "AddChannelReader(\"orders\"): Writers is -2; expected the number of writers that complete the channel, 0 for never.",
            "ShmBus:Topics:orders:Delivery is Queue, which has one subscriber at a time, and this host has 2 (AddChannelReader(\"orders\"), AddSubscriber(\"orders\")); expected one, or Broadcast.",
        }));

    [Test]
    public void The_name_of_a_topic_is_checked_where_nothing_else_is_said_of_it() => Assert.That(
        Failing.Failures(static builder => builder.AddPublisher("new/orders", Text)),
        Is.EqualTo(new[] { "AddPublisher(\"new/orders\"): 'new/orders' cannot be the name of a topic: at index 3 stands '/' (U+002F); expected letters, digits, '-', '_' and '.'." }));
}
