using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>What the kernel says of the mappings: their shape, and what the options did to them.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MappedMemory : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public unsafe void The_data_stands_there_twice_back_to_back()
    {
        Topic.OpenOrCreate(Path, new TopicOptions { Capacity = 16 << 10 }).Dispose();
        Region region = MapRegion(readOnly: false);
        try
        {
            byte* data = region.Address + region.Geometry.DataOffset;
            long capacity = region.Geometry.Capacity;
            for (long i = 0; i < capacity; i += 8)
            {
                *(long*)(data + capacity + i) = ~i;
                Assert.That(*(long*)(data + i), Is.EqualTo(~i), "written behind, read in front");
                *(long*)(data + i) = i;
                Assert.That(*(long*)(data + capacity + i), Is.EqualTo(i), "written in front, read behind");
            }
            Assert.That(*(ulong*)region.Address, Is.EqualTo(RegionDescriptor.Magic), "what stands before the data is not touched by that");
        }
        finally
        {
            region.Close();
            region.Unmap();
        }
        Assert.That(ProcessFiles.Mappings(Path), Is.Empty);
    }

    [Test]
    public unsafe void What_is_mapped_to_look_at_cannot_be_written()
    {
        Topic.OpenOrCreate(Path).Dispose();
        Region region = MapRegion(readOnly: true);
        List<Mapping> mappings = ProcessFiles.Mappings(Path);
        region.Close();
        region.Unmap();
        Assert.That(mappings.Select(mapping => mapping.Permissions), Is.EqualTo(new[] { "r--s", "r--s" }));
    }

    [Test]
    public void Inspecting_changes_no_byte_and_keeps_nothing()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        byte[] before = File.ReadAllBytes(Path);
        DateTime written = File.GetLastWriteTimeUtc(Path);
        topic.Inspect();
        Assert.That(File.ReadAllBytes(Path).AsSpan().SequenceEqual(before), Is.True);
        Assert.That(File.GetLastWriteTimeUtc(Path), Is.EqualTo(written));
        Assert.That(ProcessFiles.Mappings(Path), Is.Empty);
        Assert.That(ProcessFiles.Descriptors(Path), Is.EqualTo(1), "the topic's own");
    }

    [Test]
    public void A_region_within_the_limit_is_populated_and_one_beyond_it_is_not()
    {
        TopicOptions options = new() { Capacity = 64 << 10 };
        long mapped = options.ToHeader().Geometry.MappedSize;
        Assert.That(Resident(options with { PopulateLimit = mapped }), Is.EqualTo(mapped));
        Assert.That(Resident(options with { PopulateLimit = mapped - 1 }), Is.LessThan(mapped / 2));
        Assert.That(Resident(options with { PopulateLimit = 0 }), Is.LessThan(mapped / 2));
    }

    [Test]
    public void Nothing_is_locked_unless_asked_for()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using Publisher publisher = topic.CreatePublisher();
        Assert.That(ProcessFiles.Mappings(Path).Sum(mapping => mapping.Bytes["Locked"]), Is.Zero);
        Assert.That(publisher.Refused, Is.Empty);
    }

    [Test]
    public void A_locked_region_stays_in_memory()
    {
        using Topic topic = Topic.OpenOrCreate(Path, new TopicOptions { Capacity = Environment.SystemPageSize, Lock = true });
        using Publisher publisher = topic.CreatePublisher();
        if (publisher.Refused.Any(refused => refused.Option == "Lock"))
        {
            Assert.Ignore(publisher.Refused[0].Reason);
        }
        // Of a page that is mapped twice, each mapping counts a half.
        Assert.That(ProcessFiles.Mappings(Path)[0].Bytes["Locked"], Is.GreaterThanOrEqualTo(2L * Environment.SystemPageSize));
    }

    [TestCase("0", "EPERM")]
    [TestCase("8192", "ENOMEM")]
    public void A_lock_that_is_refused_is_reported_and_the_topic_works_on(string limit, string error)
    {
        const uint stranger = 54_321;
        if (Posix.IsRoot)
        {
            Posix.ChangeOwner(_directory.Path, stranger, stranger);
        }
        using PeerProcess peer = PeerProcess.Start("region-user-lock", stranger, limit, Path);
        Assert.That(peer.ReadLine(), Does.StartWith("Lock: mlock").And.Contain(error).And.Contain("RLIMIT_MEMLOCK"));
        peer.Expect("done");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Huge_pages_are_granted_or_the_refusal_is_reported([Values(4 << 10, 256 << 10, 4 << 20)] int capacity)
    {
        using Topic topic = Topic.OpenOrCreate(Path, new TopicOptions { Capacity = capacity, HugePages = true });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        long huge = ProcessFiles.Mappings(Path).Sum(mapping => mapping.Bytes["ShmemPmdMapped"]);
        RefusedOption[] refused = [.. publisher.Refused.Concat(subscriber.Refused)];
        TestContext.Out.WriteLine($"{huge >> 10} KiB in huge pages; {string.Join("; ", refused.Select(option => option.Reason))}");
        if (huge == 0)
        {
            Assert.That(refused.Select(option => option.Option), Is.EqualTo(new[] { "HugePages", "HugePages" }));
            Assert.That(refused[0].Reason, Does.Contain("madvise(MADV_COLLAPSE)"));
        }
        else
        {
            Assert.That(refused, Is.Empty);
        }
        byte[] payload = new byte[topic.MaxMessageLength];
        for (int i = 0; i < 20; i++)
        {
            Array.Fill(payload, (byte)i);
            publisher.Publish(payload);
            Assert.That(subscriber.Read().Payload.SequenceEqual(payload), Is.True);
        }
    }

    private long Resident(TopicOptions options)
    {
        using Topic topic = Topic.OpenOrCreate(Path, options);
        using Publisher publisher = topic.CreatePublisher();
        return ProcessFiles.Mappings(Path).Sum(mapping => mapping.Bytes["Rss"]);
    }

    private Region MapRegion(bool readOnly)
    {
        using RegionFile file = RegionFile.Open(Path, RegionOptions.Default, readOnly: false);
        return Region.Map(file, RegionOptions.Default, readOnly);
    }
}
