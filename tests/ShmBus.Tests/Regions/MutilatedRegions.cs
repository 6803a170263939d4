using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>What is taken away from a region while it is mapped, in processes of their own: some of it ends them.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MutilatedRegions : IDisposable
{
    /// <summary>128 and the number of the signal: SIGABRT, by which the runtime ends the process after SIGBUS, or that itself.</summary>
    private static readonly int[] EndedBySignal = [128 + 6, 128 + 7];

    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void Truncation_while_it_is_mapped_ends_the_process_that_touches_it()
    {
        using Topic topic = Topic.OpenOrCreate(Path);
        using PeerProcess peer = PeerProcess.Start("region-touch", Path);
        peer.Expect("mapped");
        HeaderFile.Truncate(Path, 0);
        peer.WriteLine("touch");
        Assert.That(EndedBySignal, Does.Contain(peer.ExitCode()));
        AssertionException end = Assert.Throws<AssertionException>(() => peer.ReadLine())!;
        Assert.That(end.Message, Does.Not.Contain("finally"), "nothing can catch it");
    }

    [Test]
    public void A_sealed_memory_can_neither_be_shortened_nor_extended_nor_sealed_further_by_whoever_gets_at_it()
    {
        using PeerProcess peer = PeerProcess.Start("region-resize");
        const int refused = (int)ErrorNumber.EPERM;
        peer.Expect($"{refused} {refused} {refused} {refused} {refused}");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    /// <summary>The header with the control fields, the slots, the records.</summary>
    [Test]
    public void A_hole_punched_into_a_mapped_region_crashes_nobody([Values(0, 1, 2)] int page, [Values] bool isAnonymous)
    {
        using PeerProcess peer = PeerProcess.Start("region-punch", page, isAnonymous ? "" : Path);
        List<string> said = [];
        for (string line = peer.ReadLine(); line != "alive"; line = peer.ReadLine())
        {
            said.Add(line);
        }
        Assert.That(peer.ExitCode(), Is.Zero);
        string[] expected = page == 0 ? ["inspecting: RegionFormatException", "joining: RegionFormatException", "joining: RegionFormatException"] : [];
        Assert.That(said, Is.EqualTo(expected), "nobody new joins without a header; who is there goes on with what is left");
    }

    [Test]
    public void A_file_with_a_hole_is_refused_or_used_but_crashes_nobody([Values(0, 1, 2)] int page)
    {
        using Topic topic = Topic.OpenOrCreate(Path, new TopicOptions { Capacity = Environment.SystemPageSize });
        using (Publisher publisher = topic.CreatePublisher())
        {
            publisher.Publish("lost"u8);
            publisher.Publish("lost too"u8);
        }
        // As a hole reads: zeros.
        HeaderFile.Write(Path, (long)page * Environment.SystemPageSize, new byte[Environment.SystemPageSize]);
        if (page == 0)
        {
            Assert.Throws<RegionFormatException>(() => Topic.Open(Path).Dispose());
            Assert.Throws<RegionFormatException>(() => topic.CreateSubscriber().Dispose());
            return;
        }
        using Topic again = Topic.Open(Path);
        using Publisher successor = again.CreatePublisher();
        using Subscriber subscriber = again.CreateSubscriber();
        // The slots hold places only; where the records are gone, their space is passed by, once somebody waits for them.
        Assert.That(subscriber.WaitToRead(TimeSpan.Zero), Is.EqualTo(page == 1));
        Assert.That(subscriber.Losses, Is.EqualTo(page == 1 ? 0 : 1));
    }

    [Test]
    public void Places_that_were_wiped_out_are_corrupt()
    {
        using Topic topic = Topic.OpenOrCreate(Path, new TopicOptions { Capacity = Environment.SystemPageSize });
        HeaderFile.Write(Path, RegionDescriptor.TailOffset, new byte[512]);
        Assert.Throws<RingCorruptException>(() => topic.CreatePublisher().Dispose());
        Assert.Throws<RingCorruptException>(() => topic.CreateSubscriber().Dispose());
    }

    [Test]
    public void A_file_that_another_region_was_copied_over_makes_no_endpoint()
    {
        TopicOptions options = new() { Capacity = Environment.SystemPageSize };
        using Topic topic = Topic.OpenOrCreate(Path, options);
        using Topic other = Topic.OpenOrCreate(_directory.File("other"), options);
        HeaderFile.Write(Path, 0, File.ReadAllBytes(other.Path!));
        RegionFormatException refusal = Assert.Throws<RegionFormatException>(() => topic.CreatePublisher().Dispose())!;
        Assert.That(refusal.Message, Does.Contain("changed since the file was opened"));
    }
}
