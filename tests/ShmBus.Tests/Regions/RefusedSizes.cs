using System.Security.Cryptography;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Files that are not as long as their header says: mapped, they would kill the process that touches what is missing.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RefusedSizes : IDisposable
{
    private static readonly TopicOptions Options = new() { Capacity = Environment.SystemPageSize };

    private static readonly long RegionSize = Options.ToHeader().Geometry.RegionSize;

    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    /// <summary>Beside each border: of the header's fields, the header, the sections and the file.</summary>
    private static IEnumerable<long> WrongSizes()
    {
        long page = Environment.SystemPageSize;
        long[] borders = [0, 8, 504, 512, 1024, page, 2 * page, RegionSize - page, RegionSize, RegionSize + page, 2 * RegionSize];
        return borders.SelectMany(border => new[] { border - 1, border, border + 1 }).Where(size => size >= 0 && size != RegionSize).Distinct();
    }

    public void Dispose() => _directory.Dispose();

    [TestCaseSource(nameof(WrongSizes))]
    public void A_truncated_or_extended_file_is_refused_and_not_changed(long size)
    {
        Topic.OpenOrCreate(Path, Options).Dispose();
        Resize(size);
        byte[] before = SHA256.HashData(File.ReadAllBytes(Path));
        Expect(size, () => Topic.Open(Path).Dispose());
        Expect(size, () => Topic.OpenOrCreate(Path, Options).Dispose());
        Assert.That(SHA256.HashData(File.ReadAllBytes(Path)), Is.EqualTo(before));
    }

    [TestCaseSource(nameof(WrongSizes))]
    public void A_file_that_changes_its_size_after_it_was_opened_makes_no_endpoint(long size)
    {
        using Topic topic = Topic.OpenOrCreate(Path, Options);
        Resize(size);
        Expect(size, () => topic.CreatePublisher().Dispose());
        Expect(size, () => topic.CreateSubscriber().Dispose());
        Expect(size, () => topic.Inspect());
    }

    [Test]
    public void A_file_that_is_removed_after_it_was_opened_still_makes_endpoints()
    {
        using Topic topic = Topic.OpenOrCreate(Path, Options);
        File.Delete(Path);
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        publisher.Publish("x"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("x"u8), Is.True);
        Assert.Throws<NotFoundErrnoException>(() => Topic.Open(Path).Dispose());
    }

    private static void Expect(long size, Action action)
    {
        RegionSizeException refusal = Assert.Throws<RegionSizeException>(() => action())!;
        Assert.That(refusal.Message, Does.Contain($"{size} bytes"), "found");
        Assert.That(refusal.Message, Does.Contain($"{RegionSize}").Or.Contain($"{RegionDescriptor.HeaderSize}"), "expected");
    }

    private void Resize(long size)
    {
        using FileStream file = new(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(size);
    }
}
