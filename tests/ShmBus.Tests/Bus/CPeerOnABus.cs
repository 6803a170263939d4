using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Tests.Peers;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>A peer in another language, which follows LAYOUT.md, keeps its topic from being deleted too.</summary>
internal sealed class CPeerOnABus
{
    private CPrograms _programs = null!;

    [OneTimeSetUp]
    public void Build() => _programs = new CPrograms();

    [OneTimeTearDown]
    public void Remove() => _programs?.Dispose();

    [Test]
    public void A_topic_that_only_a_C_peer_uses_is_left_until_it_ends()
    {
        using BusOfATest bus = new();
        bus.Make("t");
        using PeerProcess peer = PeerProcess.StartProgram(_programs.Publisher, "hold-claim", bus.File("t"), 100);
        peer.Expect("in claim");
        Assert.That(IsFirstByteShared(bus.File("t")), Is.True, "it is not only its slot that is locked");
        TopicInUseException refusal = Assert.Throws<TopicInUseException>(() => bus.Bus.DeleteTopic("t"))!;
        Assert.That(refusal.Holders.Single().ProcessId, Is.EqualTo(peer.Id));
        Assert.That(bus.Bus.DeleteStaleTopics(), Is.Empty);
        peer.Kill();
        Assert.That(bus.Bus.DeleteStaleTopics(), Is.EqualTo(new[] { "t" }));
    }

    private static bool IsFirstByteShared(string path)
    {
        using SafeFileHandle own = Libc.Open(path, Libc.O_RDONLY);
        return Libc.FindLock(own) is { l_type: Libc.F_RDLCK, l_start: 0, l_len: 1 };
    }
}
