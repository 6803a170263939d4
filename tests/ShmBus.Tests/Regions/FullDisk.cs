using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>A disk without space, which nobody else sees and which is gone with the process that meets it.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class FullDisk
{
    [Test]
    public void A_full_disk_is_an_exception_and_never_the_end_of_the_process()
    {
        using TestDirectory directory = new();
        Confinement small = new Confinement().SmallFileSystem(directory.Path, kilobytes: 1024);
        using PeerProcess peer = PeerProcess.Start(small, "region-full-disk", directory.Path);
        peer.Expect("full");
        peer.Expect("what is there goes on");
        peer.Expect("a file with holes is filled or refused");
        Assert.That(peer.ExitCode(), Is.Zero);
    }
}
