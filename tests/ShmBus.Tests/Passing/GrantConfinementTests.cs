using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Passing;

/// <summary>What the kernel refuses to those who were handed a region, one by one with its error.</summary>
internal sealed class GrantConfinementTests
{
    private const int User = 1000;

    private static readonly string[] OfAnObserver =
    [
        "pwrite: EBADF", "mmap writable: EACCES", "mmap readable: None", "mprotect writable: EACCES", "open writable: EACCES", "open readable: EACCES",
        "truncate shorter: EINVAL", "truncate to nothing: EINVAL", "truncate longer: EINVAL", "allocate longer: EBADF", "add seals: EPERM", "chmod: EPERM",
        "chown: EPERM", "punch hole: EBADF",
    ];

    private static readonly string[] OfAPublisher =
    [
        "pwrite: None", "mmap writable: None", "mmap readable: None", "mprotect writable: None", "open writable: EACCES", "open readable: EACCES",
        "truncate shorter: EPERM", "truncate to nothing: EPERM", "truncate longer: EPERM", "allocate longer: EPERM", "add seals: EPERM", "chmod: EPERM",
        "chown: EPERM", "punch hole: None",
    ];

    private readonly string _address = $"@shmbus-test-{Guid.NewGuid():N}";

    [Test]
    public void An_observer_of_another_user_can_look_and_nothing_else()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher publisher = topic.CreatePublisher();
        publisher.Publish("looked at"u8);
        Assert.That(Attempt(topic, RegionGrants.Observe, new Confinement().User(User, User)), Is.EqualTo(OfAnObserver));
        using Subscriber subscriber = topic.CreateSubscriber();
        Assert.That(subscriber.Read().Payload.SequenceEqual("looked at"u8));
    }

    [Test]
    public void A_publisher_or_subscriber_of_another_user_can_write_and_not_pull_the_memory_away([Values(RegionGrants.Publish, RegionGrants.Subscribe)] RegionGrants grant)
    {
        using Topic topic = Topic.CreateAnonymous();
        Assert.That(Attempt(topic, grant, new Confinement().User(User, User)), Is.EqualTo(OfAPublisher));
    }

    [Test]
    public void Nobody_can_pull_the_memory_away_the_same_user_neither([Values(RegionGrants.Publish, RegionGrants.Observe)] RegionGrants grant)
    {
        using Topic topic = Topic.CreateAnonymous();
        string[] said = Attempt(topic, grant, new Confinement());
        Assert.That(said.Where(static line => line.StartsWith("truncate", StringComparison.Ordinal) || line.StartsWith("allocate", StringComparison.Ordinal) || line.StartsWith("add seals", StringComparison.Ordinal)),
            Has.Exactly(5).Items.And.None.EndsWith(": None"));
    }

    [Test]
    public void A_hole_where_the_ring_was_ends_in_messages_or_an_error_and_never_in_death([Values] Delivery delivery, [Values] bool corruptsFirst)
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Delivery = delivery });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        publisher.Publish("before"u8);
        Assert.That(subscriber.TryRead(out _));
        if (corruptsFirst)
        {
            publisher.Publish("not read yet"u8);
        }
        Attempt(topic, RegionGrants.Publish, new Confinement());
        int read = 0;
        try
        {
            for (int i = 0; i < 100_000; i++)
            {
                publisher.TryPublish("after the hole"u8);
                read += subscriber.TryRead(out Message message) && message.Payload.SequenceEqual("after the hole"u8) ? 1 : 0;
            }
            TestContext.Out.WriteLine($"{read} messages were read");
        }
        catch (RingCorruptException exception)
        {
            TestContext.Out.WriteLine($"{read} messages were read, then: {exception.Message}");
        }
        // The header is zeros by now: nobody is let in any more.
        Assert.That(() => topic.Inspect(), Throws.InstanceOf<RegionException>());
    }

    private string[] Attempt(Topic topic, RegionGrants grant, Confinement confinement)
    {
        using RegionServer server = new(_address, new RegionServerOptions { AllowedUsers = [0, User] });
        server.Offer(topic, grants: RegionGrants.Publish | RegionGrants.Subscribe | RegionGrants.Observe);
        server.Start();
        using PeerProcess peer = PeerProcess.Start(confinement, "handover-attempt", _address, "", grant);
        string[] said = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(said, Is.Not.Empty.And.ItemAt(said.Length - 1).EqualTo("done"));
        return said[..^1];
    }
}
