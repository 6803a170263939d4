using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>A file on tmpfs, where topics lie as a rule.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TopicInSharedMemory : TopicContract, IDisposable
{
    private readonly TestDirectory _directory = new();

    private protected override RegionName Name => RegionName.Intact;

    private protected override Topic Create(TopicOptions? options = null) => Topic.OpenOrCreate(_directory.File("t"), options);

    public void Dispose() => _directory.Dispose();
}

/// <summary>A file on a disk, for rings that can be brought there.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TopicOnDisk : TopicContract, IDisposable
{
    private readonly TestDirectory _directory = new(Disk.Path);

    private protected override RegionName Name => RegionName.Intact;

    private protected override Topic Create(TopicOptions? options = null)
    {
        Disk.Require();
        return Topic.OpenOrCreate(_directory.File("t"), options);
    }

    public void Dispose() => _directory.Dispose();
}

/// <summary>A sealed memfd, which has no name.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AnonymousTopic : TopicContract
{
    private protected override RegionName Name => RegionName.Anonymous;

    private protected override Topic Create(TopicOptions? options = null) => Topic.CreateAnonymous(options);

    [Test]
    public void Its_memory_can_neither_shrink_nor_grow()
    {
        using RegionFile file = RegionFile.CreateAnonymous(new TopicOptions().ToHeader(), RegionOptions.Default);
        Assert.That(Posix.Truncate(file.Handle, 0), Is.EqualTo((int)ErrorNumber.EPERM));
        Assert.That(Posix.Truncate(file.Handle, file.Header.Geometry.RegionSize + 1), Is.EqualTo((int)ErrorNumber.EPERM));
        Assert.That(Libc.AddSeals(file.Handle, 0x8), Is.Negative, "nobody can add a seal, against writing for example");
        Assert.That(Libc.Fstat(file.Handle, null).Mode, Is.EqualTo(RegionOptions.OwnerOnly), "a memfd is born with 0777");
    }
}
