using ShmBus.Serialization;
using Configured = ShmBus.Hosting.Tests.Support.Options;

namespace ShmBus.Hosting.Tests.Configuration;

/// <summary>What code and configuration say arrives in the options.</summary>
internal sealed class RightConfigurationTests
{
    private static void Handle(ShmBusBuilder builder) => builder
        .ConfigureTopic("orders", static topic => (topic.Capacity, topic.Publishers) = (8192, 3))
        .AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default, static settings => (settings.Concurrency, settings.Retries) = (5, 6));

    [Test]
    public void The_configuration_has_the_last_word_and_the_code_the_rest()
    {
        ShmBusOptions options = Configured.Of(Handle, ("Topics:orders:Capacity", "16384"), ("Handlers:orders:Retries", "1"));
        Assert.Multiple(() =>
        {
            Assert.That((options.Topics["orders"].Capacity, options.Topics["orders"].Publishers), Is.EqualTo((16384, 3)));
            Assert.That((options.Handlers["orders"].Concurrency, options.Handlers["orders"].Retries), Is.EqualTo((5, 1)));
        });
    }

    [Test]
    public void Every_setting_can_be_configured()
    {
        Assert.That(ShmBusOptionsSetup.TopicKeys.Keys, Is.EquivalentTo(SettingsOf<TopicSettings>()));
        Assert.That(ShmBusOptionsSetup.HandlerKeys.Keys, Is.EquivalentTo(SettingsOf<HandlerSettings>()));
        ShmBusOptions options = Configured.Of(
            Handle, ("Directory", "/tmp/bus"), ("Mode", "640"), ("Group", "7"), ("Topics:prices:Capacity", "8192"), ("Topics:prices:Publishers", "2"), ("Topics:prices:Delivery", "broadcast"),
            ("Topics:prices:Subscribers", "4"), ("Topics:prices:Overflow", "Wait"), ("Topics:prices:EvictionLag", "4096"), ("Topics:prices:PopulateLimit", "0"), ("Topics:prices:Lock", "true"),
            ("Topics:prices:HugePages", "true"), ("Topics:prices:TrustPeers", "false"), ("Topics:prices:MaxLag", "100"), ("Topics:prices:ExpectsPeers", "false"), ("Topics:lanes:Lanes", "true"),
            ("Topics:orders:Delivery", "Broadcast"), ("Handlers:orders:Concurrency", "2"), ("Handlers:orders:Acknowledge", "BeforeHandling"), ("Handlers:orders:Retries", "0"),
            ("Handlers:orders:RetryDelay", "00:00:01"), ("Handlers:orders:MaxRetryDelay", "00:00:02"), ("Handlers:orders:OnError", "DeadLetter"), ("Handlers:orders:DeadLetterTopic", "dead"),
            ("Handlers:orders:Place", "mine"), ("Handlers:orders:JoinAt", "Oldest"));
        TopicSettings prices = options.Topics["prices"];
        HandlerSettings orders = options.Handlers["orders"];
        Assert.Multiple(() =>
        {
            Assert.That((options.Directory, options.Mode, options.Group), Is.EqualTo(("/tmp/bus", "640", 7)));
            Assert.That((prices.Capacity, prices.Publishers, prices.Delivery, prices.Subscribers, prices.Overflow, prices.EvictionLag), Is.EqualTo((8192, 2, Delivery.Broadcast, 4, Overflow.Wait, 4096)));
            Assert.That((prices.PopulateLimit, prices.Lock, prices.HugePages, prices.TrustPeers, prices.MaxLag, prices.ExpectsPeers), Is.EqualTo((0L, true, true, false, 100L, false)));
            Assert.That(options.Topics["lanes"].Lanes);
            Assert.That((orders.Concurrency, orders.Acknowledge, orders.Retries), Is.EqualTo((2, Acknowledge.BeforeHandling, 0)));
            Assert.That((orders.RetryDelay, orders.MaxRetryDelay), Is.EqualTo((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2))));
            Assert.That((orders.OnError, orders.DeadLetterTopic, orders.Place, orders.JoinAt), Is.EqualTo((ErrorAction.DeadLetter, "dead", "mine", JoinAt.Oldest)));
        });
        Assert.That(Configured.Of(Handle, ("Name", "second")).Name, Is.EqualTo("second"));
    }

    [Test]
    public void Names_in_the_configuration_know_no_case()
    {
        ShmBusOptions options = Configured.Of(Handle, ("TOPICS:Orders:capacity", "16384"), ("handlers:ORDERS:retries", "1"));
        Assert.That(options.Topics.Keys, Is.EqualTo(new[] { "orders" }));
        Assert.That((options.Topics["orders"].Capacity, options.Handlers["orders"].Retries), Is.EqualTo((16384, 1)));
    }

    [Test]
    public void A_dead_letter_topic_has_room_and_is_the_same_for_whoever_reads_it()
    {
        const string capacity = "1048576";
        ShmBusOptions writer = Configured.Of(Handle, ("Topics:orders:Capacity", capacity), ("Handlers:orders:OnError", "DeadLetter"));
        ShmBusOptions reader = Configured.Of(static builder => builder.AddSubscriber("orders.dead", DeadLetter.Serializer), ("Topics:orders:Capacity", capacity));
        Assert.That(writer.Handlers["orders"].DeadLetterTopic, Is.EqualTo("orders.dead"));
        Assert.That(writer.Topics["orders.dead"].ToOptions(), Is.EqualTo(reader.Topics["orders.dead"].ToOptions()));
        Assert.That((writer.Topics["orders.dead"].Capacity, writer.Topics["orders.dead"].Publishers), Is.EqualTo((2 << 20, 16)));
    }

    private static IEnumerable<string> SettingsOf<T>() => typeof(T).GetProperties().Select(static property => property.Name);
}
