using ShmBus.Tests.Support;

namespace ShmBus.Tests.Native;

/// <summary>Failures of the operating system that only a process of its own may meet, because they concern a whole process.</summary>
internal sealed class ConfinedFailureTests
{
    [Test]
    public void A_directory_that_may_not_be_written_refuses_a_new_topic()
    {
        using TestDirectory directory = new();
        string inner = Directory.CreateDirectory(directory.File("inner"), UnixFileMode.UserRead | UnixFileMode.UserExecute).FullName;
        using PeerProcess peer = PeerProcess.Start(new Confinement().Unprivileged(), "create", Path.Combine(inner, "t"));
        ExpectFailure(peer, $"AccessErrnoException EACCES 13 openat(O_TMPFILE) {inner}", "owner and mode");
    }

    [Test]
    public void A_topic_that_may_not_be_read_is_refused()
    {
        using TestDirectory directory = new();
        Topic.OpenOrCreate(directory.File("t")).Dispose();
        File.SetUnixFileMode(directory.File("t"), UnixFileMode.None);
        using PeerProcess peer = PeerProcess.Start(new Confinement().Unprivileged(), "open", directory.File("t"));
        ExpectFailure(peer, $"AccessErrnoException EACCES 13 open {directory.File("t")}", "owner and mode");
    }

    [Test]
    public void A_group_that_one_is_not_in_is_refused_and_nothing_is_left()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start(new Confinement().Unprivileged(), "create", directory.File("t"), 54321);
        ExpectFailure(peer, $"AccessErrnoException EPERM 1 fchown {directory.File("t")}", "member of the group");
        Assert.That(Directory.EnumerateFileSystemEntries(directory.Path), Is.Empty);
    }

    [Test]
    public void A_read_only_file_system_refuses_a_new_topic()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start(new Confinement().ReadOnlyFileSystem(directory.Path), "create", directory.File("t"));
        ExpectFailure(peer, $"AccessErrnoException EROFS 30 openat(O_TMPFILE) {directory.Path}", "/dev/shm");
    }

    [Test]
    public void A_full_file_system_refuses_a_new_topic_before_anything_is_written_to_it()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start(new Confinement().SmallFileSystem(directory.Path, kilobytes: 64), "create", directory.File("t"));
        ExpectFailure(peer, $"SpaceErrnoException ENOSPC 28 fallocate {directory.File("t")}", "--shm-size");
    }

    [Test]
    public void Too_many_open_files_refuse_a_topic_until_some_are_closed()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start(new Confinement().Limit("-n", 200), "open-until-refused", directory.File("t"));
        Assert.That(peer.ReadLine(), Does.StartWith("LimitErrnoException EMFILE 24 open"));
        Assert.That(peer.ReadLine(), Does.Contain("ulimit -n"));
        peer.Expect("done");
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Too_little_address_space_refuses_a_new_topic_and_nothing_is_left()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("create-without-address-space", directory.File("t"));
        ExpectFailure(peer, $"LimitErrnoException ENOMEM 12 mmap {directory.File("t")}", "ulimit -v");
        Assert.That(Directory.EnumerateFileSystemEntries(directory.Path), Is.Empty);
    }

    [Test]
    public void A_limit_on_the_size_of_files_refuses_a_new_topic_and_does_not_end_the_process()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start("create-under-file-size-limit", directory.File("t"));
        ExpectFailure(peer, $"LimitErrnoException EFBIG 27 fallocate {directory.File("t")}", "ulimit -f");
        Assert.That(Directory.EnumerateFileSystemEntries(directory.Path), Is.Empty);
    }

    // A limit of 0 is EPERM, a small one ENOMEM. EAGAIN, the third, takes a machine that is out of memory.
    [TestCase(0, "EPERM (1)")]
    [TestCase(64, "ENOMEM (12)")]
    public void A_topic_that_may_not_be_locked_in_memory_works_and_says_why_not(int kilobytes, string error)
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start(new Confinement().Limit("-l", kilobytes).Unprivileged(), "show-refused", directory.File("t"), true);
        Assert.That(peer.ReadLine(), Does.StartWith($"Lock: mlock failed: {error}, ").And.Contain("ulimit -l"));
        peer.Expect("got 42");
    }

    [Test]
    public void Where_inotify_is_refused_messages_flow_and_the_endpoint_says_why()
    {
        using TestDirectory directory = new();
        using PeerProcess peer = PeerProcess.Start(new Confinement().NoInotify(), "show-refused", directory.File("t"), false);
        Assert.That(peer.ReadLine(), Does.StartWith("DeathWatch: inotify_init1 failed: EMFILE (24), ").And.Contain("max_user_instances"));
        peer.Expect("got 42");
    }

    private static void ExpectFailure(PeerProcess peer, string summary, string advice)
    {
        peer.Expect(summary);
        Assert.That(peer.ReadLine(), Does.Contain(advice));
        Assert.That(peer.ExitCode(), Is.Zero);
    }
}
