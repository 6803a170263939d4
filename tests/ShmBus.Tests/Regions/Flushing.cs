using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Bringing a ring to the disk.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Flushing : IDisposable
{
    private readonly TestDirectory _directory = new(Disk.Path);

    private string Path => _directory.File("t");

    [SetUp]
    public void Require() => Disk.Require();

    public void Dispose() => _directory.Dispose();

    [Test]
    public void After_a_flush_to_the_disk_no_page_waits_to_be_written()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        for (int lap = 0; lap < 3; lap++)
        {
            // So far that both views of the data area have been written through.
            for (int bytes = 0; bytes < topic.Capacity + 5000; bytes += 10_000)
            {
                publisher.Publish(new byte[10_000]);
                subscriber.Poll(_ => { });
            }
            publisher.Flush(Durability.Disk);
            Assert.That(ProcessFiles.Mappings(Path).Sum(mapping => mapping.Bytes["Private_Dirty"] + mapping.Bytes["Shared_Dirty"]), Is.Zero);
        }
    }

    [Test]
    public void What_was_published_stands_in_the_file()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using Publisher publisher = topic.CreatePublisher();
        byte[] payload = new byte[5000];
        new Random(1).NextBytes(payload);
        publisher.Publish(payload);
        publisher.Flush(Durability.Disk);
        Assert.That(File.ReadAllBytes(Path).AsSpan().IndexOf(payload), Is.EqualTo((int)new TopicOptions().ToHeader().Geometry.DataOffset + 16));
    }

    [Test]
    public void A_ring_on_a_disk_goes_on_after_all_have_left()
    {
        using (Topic topic = Topic.OpenOrCreate(Path))
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish("kept"u8);
            publisher.Flush(Durability.Disk);
        }
        using Topic again = Topic.Open(Path);
        using Subscriber subscriber = again.CreateSubscriber();
        Assert.That(subscriber.Read().Payload.SequenceEqual("kept"u8), Is.True);
    }
}
