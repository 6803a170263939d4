using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ShmBus.Hosting.Tests.Support;
using ShmBus.Serialization;
using ShmBus.Tests.Support;
using Failing = ShmBus.Hosting.Tests.Support.Options;

namespace ShmBus.Hosting.Tests.Configuration;

/// <summary>What is wrong with the options is told when the host starts, by its path, before anything is opened.</summary>
internal sealed class WrongConfigurationTests
{
    private static void Handle(ShmBusBuilder builder) => builder.AddHandler("orders", MessageSerializer.Utf8, static (_, _, _, _) => default);

    private static readonly TestCaseData[] Values =
    [
        Case("Unreadable number", "Topics:orders:Capacity is 'abc'; expected a whole number.", ("Topics:orders:Capacity", "abc")),
        Case("Number without a value", "Topics:orders:Capacity is null; expected a whole number.", ("Topics:orders:Capacity", null)),
        Case("Number that is too large", "Topics:orders:Capacity is '4294967296'; expected a whole number.", ("Topics:orders:Capacity", "4294967296")),
        Case("Unreadable choice", "Topics:orders:Delivery is 'Quue'; expected one of Queue, Broadcast.", ("Topics:orders:Delivery", "Quue")),
        Case("Choice by a number", "Topics:orders:Delivery is '1'; expected one of Queue, Broadcast.", ("Topics:orders:Delivery", "1")),
        Case("Unreadable flag", "Topics:orders:Lanes is 'yes'; expected true or false.", ("Topics:orders:Lanes", "yes")),
        Case("Unreadable time", "Handlers:orders:RetryDelay is 'soon'; expected a time, such as 00:00:00.100.", ("Handlers:orders:RetryDelay", "soon")),
        Case("Time without a unit", "Handlers:orders:RetryDelay is '5'; expected a time, such as 00:00:00.100.", ("Handlers:orders:RetryDelay", "5")),
        Case("Unknown setting of a topic", "Topics:orders:Capasity is not known; did you mean Capacity?", ("Topics:orders:Capasity", "4096")),
        Case("Unknown setting of a handler", "Handlers:orders:Concurency is not known; did you mean Concurrency?", ("Handlers:orders:Concurency", "2")),
        Case("Unknown section", "Topic is not known; did you mean Topics?", ("Topic:orders:Capacity", "4096")),
        Case("Setting that is like none", "Colour is not known; expected one of Directory, Name, Mode, Group, Topics, Handlers.", ("Colour", "red")),
        Case("Section in the place of a value", "Topics:orders:Capacity is a section; expected a whole number.", ("Topics:orders:Capacity:Bytes", "4096")),
        Case("Value in the place of a section", "Topics:orders is '4096'; expected a section with keys.", ("Topics:orders", "4096")),

        Case("Capacity", $"Topics:orders:Capacity cannot be used: the capacity is 1000 bytes; expected a power of two from one page ({Environment.SystemPageSize}) to 536870912.", ("Topics:orders:Capacity", "1000")),
        Case("Publishers", "Topics:orders:Publishers is 65; expected 1 to 64.", ("Topics:orders:Publishers", "65")),
        Case("Subscribers of a queue", "Topics:orders:Subscribers is 2: a queue has one subscriber at a time; several get the same messages by Delivery.Broadcast.", ("Topics:orders:Subscribers", "2")),
        Case("Subscribers of a broadcast", "Topics:orders:Subscribers is 0; expected 1 to 64.", ("Topics:orders:Delivery", "Broadcast"), ("Topics:orders:Subscribers", "0")),
        Case("Overwriting in a queue", "Topics:orders:Overflow is Overwrite: in a queue nothing is written over; use Delivery.Broadcast.", ("Topics:orders:Overflow", "Overwrite")),
        Case("Overwriting by several", "Topics:orders:Publishers is 2: only one publisher can overwrite; use Overflow.Wait, with EvictionLag where slow subscribers may be dropped.",
            ("Topics:orders:Overflow", "Overwrite"), ("Topics:orders:Delivery", "Broadcast"), ("Topics:orders:Publishers", "2")),
        Case("Lanes of a broadcast", "Topics:orders:Lanes is set: lanes bring many publishers together to the one subscriber of a queue; a broadcast has a ring for all.",
            ("Topics:orders:Lanes", "true"), ("Topics:orders:Delivery", "Broadcast")),
        Case("Eviction from a queue", "Topics:orders:EvictionLag is 200000: the one subscriber of a queue is never evicted; use Delivery.Broadcast.", ("Topics:orders:EvictionLag", "200000")),
        Case("Eviction too early", "Topics:orders:EvictionLag is 1; expected 0, or from half of Capacity (131072) to all of it.", ("Topics:orders:EvictionLag", "1"), ("Topics:orders:Delivery", "Broadcast")),
        Case("Eviction where messages are overwritten", "Topics:orders:EvictionLag is 200000: where messages are overwritten, nobody is waited for, and nobody evicted.",
            ("Topics:orders:EvictionLag", "200000"), ("Topics:orders:Delivery", "Broadcast"), ("Topics:orders:Overflow", "Overwrite")),
        Case("Populating", "Topics:orders:PopulateLimit is -1; expected a number of bytes, 0 for never.", ("Topics:orders:PopulateLimit", "-1")),
        Case("Lag of more than the ring", "Topics:orders:MaxLag is 300000; expected 1 to 262144: more than is in the ring cannot lag.", ("Topics:orders:MaxLag", "300000")),
        Case("Name of a topic", "Topics:new orders: 'new orders' cannot be the name of a topic: at index 3 stands ' ' (U+0020); expected letters, digits, '-', '_' and '.'.", ("Topics:new orders:Capacity", "4096")),

        Case("Mode that is no number", "Mode is 'rw'; expected 600, 640 or 660 (octal).", ("Mode", "rw")),
        Case("Mode that lets all in", "Mode is 606; expected 600, 640 or 660 (octal): the owner reads and writes, the group may, others never.", ("Mode", "606")),
        Case("Group without a mode", "Group is 5, and Mode lets no group in; expected the Mode 640 or 660 (octal), or no Group.", ("Group", "5")),
        Case("Mode without a group", "Group is not set, and Mode lets a group in; expected the id of that group, or a Directory.", ("Mode", "660")),
        Case("Directory and name", "Name is 'b' and Directory is '/a'; expected one of them, or none.", ("Directory", "/a"), ("Name", "b")),
        Case("Name of the bus", "Name is 'a/b', which cannot be used: at index 1 stands '/' (U+002F); expected letters, digits, '-', '_' and '.'.", ("Name", "a/b")),

        Case("Concurrency", "Handlers:orders:Concurrency is 0; expected 1 to 10000.", ("Handlers:orders:Concurrency", "0")),
        Case("Retries", "Handlers:orders:Retries is -1; expected a number of retries, 0 for none.", ("Handlers:orders:Retries", "-1")),
        Case("Delay below nothing", "Handlers:orders:RetryDelay is -00:00:01; expected 0 to 24.20:31:23.6470000.", ("Handlers:orders:RetryDelay", "-00:00:01")),
        Case("Longest delay below the first", "Handlers:orders:MaxRetryDelay is 00:00:01; expected RetryDelay (00:00:02) to 24.20:31:23.6470000.",
            ("Handlers:orders:RetryDelay", "00:00:02"), ("Handlers:orders:MaxRetryDelay", "00:00:01")),
        Case("Dead letters that are not sent", "Handlers:orders:DeadLetterTopic is 'dead', and OnError is Skip; expected DeadLetter, or no DeadLetterTopic.",
            ("Handlers:orders:OnError", "Skip"), ("Handlers:orders:DeadLetterTopic", "dead")),
        Case("Dead letters to the topic itself", "Handlers:orders:DeadLetterTopic is 'orders', the topic itself; expected another one.",
            ("Handlers:orders:OnError", "DeadLetter"), ("Handlers:orders:DeadLetterTopic", "orders")),
        Case("Dead letters that find no room", "Topics:dead:Capacity is 262144, too little for a dead letter of the longest message of 'orders'; expected at least 524288.",
            ("Handlers:orders:OnError", "DeadLetter"), ("Handlers:orders:DeadLetterTopic", "dead"), ("Topics:dead:Capacity", "262144")),
        Case("Dead letters to nobody",
            "Handlers:orders:DeadLetterTopic is 'dead', and ShmBus:Topics:dead:Delivery is Broadcast, by which dead letters are lost while nobody subscribes; expected Queue.",
            ("Handlers:orders:OnError", "DeadLetter"), ("Handlers:orders:DeadLetterTopic", "dead"), ("Topics:dead:Delivery", "Broadcast"), ("Topics:dead:Capacity", "524288")),
        Case("Acknowledging by hand", "Handlers:orders:Acknowledge is Explicitly; expected AfterHandling or BeforeHandling.", ("Handlers:orders:Acknowledge", "Explicitly")),
        Case("Place in a queue", "Handlers:orders:Place is 'mine'; expected none: a queue keeps one place, for all.", ("Handlers:orders:Place", "mine")),
        Case("Beginning of a queue", "Handlers:orders:JoinAt is Oldest; expected End: a queue goes on where the subscriber before was.", ("Handlers:orders:JoinAt", "Oldest")),
        Case("Name of a place", "Handlers:orders:Place is ''; expected 1 to 64 bytes of UTF-8 without control characters.", ("Handlers:orders:Place", ""), ("Topics:orders:Delivery", "Broadcast")),
        Case("Handler that is not there", "Handlers:order: this host has no handler of that name; did you mean orders?", ("Handlers:order:Retries", "1")),
    ];

    [TestCaseSource(nameof(Values))]
    public void A_wrong_value_is_named_by_its_path(string expected, (string, string?)[] configuration) =>
        Assert.That(Failing.Failures(Handle, configuration), Is.EqualTo(new[] { "ShmBus:" + expected }));

    [Test]
    public void All_that_is_wrong_is_told_at_once()
    {
        IReadOnlyCollection<string> failures = Failing.Failures(
            Handle, ("Colour", "red"), ("Mode", "606"), ("Topics:orders:Capacity", "1000"), ("Topics:orders:Publishers", "0"), ("Topics:prices:Delivery", "Quue"), ("Topics:prices:MaxLag", "0"),
            ("Handlers:orders:Retries", "-1"), ("Handlers:orders:Concurrency", "0"), ("Handlers:orders:RetryDelay", "-00:00:01"), ("Handlers:prices:Retries", "1"));
        foreach (string path in new[]
        {
            "Colour", "Mode", "Topics:orders:Capacity", "Topics:orders:Publishers", "Topics:prices:Delivery", "Topics:prices:MaxLag", "Handlers:orders:Retries", "Handlers:orders:Concurrency",
            "Handlers:orders:RetryDelay", "Handlers:prices",
        })
        {
            Assert.That(failures, Has.One.Matches($"^ShmBus:{path}[: ]"));
        }
        Assert.That(failures, Has.Count.EqualTo(10));
    }

    [Test]
    public void Nothing_is_opened_where_something_is_wrong()
    {
        using TestDirectory directory = new();
        using IHost host = TestHost.Build(builder => builder
            .Configure(options => options.Directory = directory.File("bus"))
            .AddPublisher("orders", MessageSerializer.Utf8)
            .ConfigureTopic("orders", static topic => topic.Capacity = 1000));
        Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.That(Directory.EnumerateFileSystemEntries(directory.Path), Is.Empty);
    }

    [Test]
    public void A_file_is_read_as_any_source_is()
    {
        using TestDirectory directory = new();
        File.WriteAllText(directory.File("appsettings.json"), """
            { "ShmBus": { "Directory": null, "Topics": { "orders": { "Capacity": 1000, "Publishers": "many", "Subscribers": null }, "prices": {} }, "Handlers": { "orders": { "Retry": 5 } } } }
            """);
        using IHost host = TestHost.Build(
            builder => Handle(builder.UseInProcess()),
            builder => builder.Configuration.AddJsonFile(directory.File("appsettings.json"), optional: false, reloadOnChange: false));
        OptionsValidationException exception = Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())!;
        Assert.That(exception.Failures, Has.Exactly(3).Items);
        Assert.That(exception.Message, Does.Contain("ShmBus:Topics:orders:Capacity cannot be used").And.Contain("ShmBus:Topics:orders:Publishers is 'many'").And.Contain("ShmBus:Handlers:orders:Retry is not known"));
    }

    [Test]
    public void Another_section_is_named_by_its_own_path()
    {
        using IHost host = TestHost.Build(
            builder => Handle(builder.UseInProcess()),
            builder =>
            {
                builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Messaging:Bus:Handlers:orders:Retries", (string?)"-1"), KeyValuePair.Create("Messaging:Bus:Mod", (string?)"600")]);
                builder.Services.AddShmBus(bus => bus.UseConfiguration(builder.Configuration.GetSection("Messaging:Bus")));
            });
        OptionsValidationException exception = Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())!;
        Assert.That(exception.Failures, Is.EqualTo(new[]
        {
            "Messaging:Bus:Mod is not known; did you mean Mode?", "Messaging:Bus:Handlers:orders:Retries is -1; expected a number of retries, 0 for none.",
        }));
    }

    private static TestCaseData Case(string name, string expected, params (string, string?)[] configuration) => new TestCaseData(expected, configuration).SetArgDisplayNames(name);
}
