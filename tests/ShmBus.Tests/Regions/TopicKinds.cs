using System.Runtime.CompilerServices;
using ShmBus.Endpoints;
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

/// <summary>A sealed memfd, with eventfds.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EventfdTopic : TopicContract
{
    private protected override RegionName Name => RegionName.Anonymous;

    private protected override Topic Create(TopicOptions? options = null) =>
        Topic.CreateAnonymous((options ?? new TopicOptions()) with { Eventfds = true });
}

/// <summary>An array of this process.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class InProcessTopic : TopicContract
{
    private protected override RegionName Name => RegionName.Anonymous;

    private protected override Topic Create(TopicOptions? options = null) => Topic.CreateInProcess(options);

    [Test]
    public void Topic_objects_of_one_region_are_disposed_each_for_itself()
    {
        using Topic first = Create();
        using Topic second = first.Share(new TopicOptions());
        Assert.That((first.IsNew, second.IsNew), Is.EqualTo((true, false)));
        using Subscriber subscriber = first.CreateSubscriber();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Share(new TopicOptions()));
        using Publisher publisher = second.CreatePublisher();
        publisher.Publish([1]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(1));
        Assert.That(second.Inspect().Endpoints, Has.Count.EqualTo(2));
    }

    [Test]
    public void Endpoint_that_is_not_disposed_keeps_its_slot_and_goes_with_the_topic()
    {
        WeakReference forgotten = Forget();
        for (int i = 0; i < 10 && forgotten.IsAlive; i++)
        {
            GC.Collect();
        }
        Assert.That(forgotten.IsAlive, Is.False);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference Forget()
        {
            Topic topic = Create();
            WeakReference publisher = new(topic.CreatePublisher());
            GC.Collect();
            Assert.That(() => topic.CreatePublisher(), Throws.TypeOf<EndpointInUseException>());
            return publisher;
        }
    }

    [Test]
    public void Message_in_hand_keeps_its_bytes_when_all_else_is_gone()
    {
        Message message = Read();
        for (int i = 0; i < 10; i++)
        {
            GC.Collect();
            // What was free would be given out, zeroed.
            _ = GC.AllocateArray<byte>(1 << 20, pinned: true);
        }
        Assert.That(message.Payload.SequenceEqual("in hand"u8), Is.True);

        [MethodImpl(MethodImplOptions.NoInlining)]
        Message Read()
        {
            using Topic topic = Create();
            using Publisher publisher = topic.CreatePublisher();
            using Subscriber subscriber = topic.CreateSubscriber();
            publisher.Publish("in hand"u8);
            return subscriber.Read();
        }
    }
}
