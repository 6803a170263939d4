using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Queue;

/// <summary>What comes of it that lanes are files beside the topic's, which others can remove or replace.</summary>
internal sealed class LanesInFiles
{
    private static readonly TopicOptions Options = new() { Lanes = true };

    private TestDirectory _directory = null!;
    private Topic _topic = null!;

    private string Path => _directory.File("topic");

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = Topic.OpenOrCreate(Path, Options with { Capacity = 4096, Publishers = 4 });
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Lanes_of_a_topic_that_was_deleted_are_not_read()
    {
        using (Publisher publisher = _topic.CreatePublisher())
        {
            publisher.Publish([1]);
        }
        File.Delete(Path);
        using Topic anew = Topic.OpenOrCreate(Path, Options with { Capacity = 4096, Publishers = 2 });
        using Subscriber subscriber = anew.CreateSubscriber();
        Assert.That(subscriber.TryRead(out _), Is.False);
        using Publisher next = anew.CreatePublisher();
        next.Publish([2]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(2));
    }

    [Test]
    public void Topic_of_its_own_in_the_place_of_a_lane_is_left_alone()
    {
        using (Topic other = Topic.OpenOrCreate(Path + ".lane0"))
        using (Publisher publisher = other.CreatePublisher())
        {
            publisher.Publish([1]);
        }
        Assert.That(() => _topic.CreatePublisher(), Throws.TypeOf<RegionFormatException>().With.Message.Contains(".lane0"));
        using Topic still = Topic.Open(Path + ".lane0");
        using Subscriber subscriber = still.CreateSubscriber();
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
    }

    [Test]
    public void Lane_that_cannot_be_opened_is_thrown_for_once_and_the_others_are_read()
    {
        _topic.CreatePublisher().Dispose();
        File.WriteAllBytes(Path + ".lane0", new byte[100]);
        Assert.That(() => _topic.CreateSubscriber(), Throws.InstanceOf<RegionException>().With.Message.Contains(".lane0"));
        File.Delete(Path + ".lane0");
        Assert.That(() => _topic.CreateSubscriber(), Throws.InstanceOf<NotFoundErrnoException>());
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        publisher.Publish([1]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
        _topic.CreatePublisher().Dispose();
        File.Delete(Path + ".lane1");
        File.WriteAllBytes(Path + ".lane1", new byte[100]);
        Assert.That(() => subscriber.TryRead(out _), Throws.InstanceOf<RegionException>());
        publisher.Publish([2]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(2));
    }

    [Test]
    public void Lane_is_no_topic_of_its_own_and_needs_a_path()
    {
        _topic.CreatePublisher().Dispose();
        Assert.That(() => Topic.Open(Path + ".lane0"), Throws.TypeOf<RegionFormatException>().With.Message.Contains("lane"));
        Assert.That(() => Topic.CreateAnonymous(Options), Throws.ArgumentException.With.Message.Contains("path"));
    }
}
