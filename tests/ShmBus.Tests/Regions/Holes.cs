using ShmBus.Native;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>A copying program leaves out pages of zeros. To touch such a page on a full disk would kill the process.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class Holes
{
    [Test]
    public void A_copy_with_holes_has_all_its_bytes_when_it_is_mapped([Values] bool isOnDisk, [Values("publisher", "subscriber", "inspect")] string by)
    {
        if (isOnDisk)
        {
            Disk.Require();
        }
        using TestDirectory directory = isOnDisk ? new(Disk.Path) : new();
        string path = directory.File("t");
        Topic.OpenOrCreate(path).Dispose();
        long size = PunchOut(path);
        Assert.That(Libc.Lstat(path)!.Value.AllocatedBytes, Is.LessThan((ulong)size / 2), "the scene: most of it is holes");
        using Topic topic = Topic.Open(path);
        using Endpoint? endpoint = by switch { "publisher" => topic.CreatePublisher(), "subscriber" => topic.CreateSubscriber(), _ => null };
        topic.Inspect();
        Assert.That(Libc.Lstat(path)!.Value.AllocatedBytes, Is.GreaterThanOrEqualTo((ulong)size));
    }

    /// <summary>Everything behind the sections that are not all zeros.</summary>
    private static long PunchOut(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        long size = file.Length;
        file.SetLength(2L * Environment.SystemPageSize);
        file.SetLength(size);
        return size;
    }
}
