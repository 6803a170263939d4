using System.Runtime.InteropServices;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>What an observer has is a description that can only read: the kernel then refuses all that would change the region.</summary>
internal sealed class ReadOnlyRegions
{
    private const int MADV_REMOVE = 9;

    [Test]
    public void Nothing_is_changed_through_a_description_that_can_only_read()
    {
        using Topic topic = Topic.CreateAnonymous();
        using RegionFile own = ((RegionFile)topic.Source).Reopen(RegionOptions.Default, readOnly: true);
        nuint size = (nuint)own.Header.Geometry.RegionSize;
        Assert.Multiple(() =>
        {
            Assert.That(() => RandomAccess.Write(own.Handle, [1], 0), Throws.InstanceOf<UnauthorizedAccessException>().Or.InstanceOf<IOException>());
            Assert.That(Posix.Truncate(own.Handle, 0), Is.EqualTo((int)ErrorNumber.EINVAL));
            Assert.That(Posix.PunchHole(own.Handle, 0, (long)size), Is.EqualTo((int)ErrorNumber.EBADF));
            Assert.That(() => own.TryLock(own.Header.Geometry.PublisherSlotOffset(0)), Throws.TypeOf<ErrnoException>().With.Property("Error").EqualTo(ErrorNumber.EBADF));
            Assert.That(Map(own, size, Libc.PROT_READ | Libc.PROT_WRITE, out _), Is.EqualTo((int)ErrorNumber.EACCES));
        });
        Assert.That(Map(own, size, Libc.PROT_READ, out nint address), Is.Zero);
        int protecting = Posix.Protect(address, size, Libc.PROT_READ | Libc.PROT_WRITE);
        int removing = Libc.madvise(address, size, MADV_REMOVE) == 0 ? 0 : Marshal.GetLastPInvokeError();
        Assert.That(Libc.munmap(address, size), Is.Zero);
        Assert.That((protecting, removing), Is.EqualTo(((int)ErrorNumber.EACCES, (int)ErrorNumber.EACCES)));
        Assert.That(topic.Inspect().Endpoints, Is.Empty, "it is as it was: whole");
    }

    private static int Map(RegionFile file, nuint size, int protection, out nint address)
    {
        address = Libc.mmap(0, size, protection, Libc.MAP_SHARED, (int)file.Handle.DangerousGetHandle(), 0);
        return address != Libc.MAP_FAILED ? 0 : Marshal.GetLastPInvokeError();
    }
}
