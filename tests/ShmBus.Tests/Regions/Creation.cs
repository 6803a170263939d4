using ShmBus.Native;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Making a topic: what is there afterwards, and with which rights.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class Creation : IDisposable
{
    private const uint Stranger = 54_321;
    private const int Group = 54_322;

    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void The_first_makes_the_topic_and_the_others_open_it()
    {
        using Topic first = Topic.OpenOrCreate(Path);
        using Topic second = Topic.OpenOrCreate(Path);
        using Topic third = Topic.Open(Path);
        Assert.That((first.IsNew, second.IsNew, third.IsNew), Is.EqualTo((true, false, false)));
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.EqualTo(new[] { Path }), "and nothing else is there");
    }

    [Test]
    public void Opening_does_not_make()
    {
        NotFoundErrnoException refusal = Assert.Throws<NotFoundErrnoException>(() => Topic.Open(Path).Dispose())!;
        Assert.That((refusal.Error, refusal.Path), Is.EqualTo((ErrorNumber.ENOENT, Path)));
        Assert.Throws<NotFoundErrnoException>(() => Topic.Open(_directory.File("none/t")).Dispose());
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.Empty);
    }

    [Test]
    public void Only_the_last_directory_of_a_path_is_made()
    {
        Assert.Throws<NotFoundErrnoException>(() => Topic.OpenOrCreate(_directory.File("a/b/t")).Dispose());
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.Empty);
    }

    [TestCase("0", "600", "600 700")]
    [TestCase("77", "600", "600 700")]
    [TestCase("777", "600", "600 700")]
    [TestCase("0", "660", "660 770")]
    [TestCase("77", "660", "660 770")]
    [TestCase("22", "640", "640 750")]
    public void File_and_directory_have_the_mode_that_was_asked_for_whatever_the_umask_is(string umask, string mode, string expected)
    {
        using PeerProcess peer = PeerProcess.Start("region-create", umask, mode, _directory.File("made/t"));
        peer.Expect(expected);
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void A_directory_that_is_there_keeps_its_mode()
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        Topic.OpenOrCreate(Path, new TopicOptions { Mode = (UnixFileMode)0b110_110_000 }).Dispose();
        Assert.That((int)File.GetUnixFileMode(_directory.Path), Is.EqualTo(0b111_101_101));
    }

    [Test]
    public void File_and_directory_are_given_to_the_group()
    {
        Posix.RequireRoot("to give a file to a group that one is not in");
        string path = _directory.File("made/t");
        Topic.OpenOrCreate(path, new TopicOptions { Mode = (UnixFileMode)0b110_110_000, Group = Group }).Dispose();
        Assert.That(Libc.Lstat(path)!.Value.Group, Is.EqualTo((uint)Group));
        Assert.That(Libc.Lstat(_directory.File("made"))!.Value.Group, Is.EqualTo((uint)Group), "or the group could not get in");
    }

    [Test]
    public void A_group_that_one_is_not_in_is_refused_and_nothing_is_left()
    {
        Posix.RequireRoot("to become somebody else");
        Posix.ChangeOwner(_directory.Path, Stranger, Stranger);
        using PeerProcess peer = PeerProcess.Start("region-user-create", Stranger, Group, Path);
        Assert.That(peer.ReadLine(), Does.StartWith(nameof(AccessErrnoException)).And.Contain("fchown").And.Contain("EPERM").And.Contain("member of the group"));
        Assert.That(peer.ExitCode(), Is.Zero);
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.Empty);
    }

    [Test]
    public void Who_may_not_open_the_file_is_told_so()
    {
        Posix.RequireRoot("to become somebody else");
        Topic.OpenOrCreate(Path).Dispose();
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        using PeerProcess peer = PeerProcess.Start("region-user-open", Stranger, Path);
        Assert.That(peer.ReadLine(), Does.StartWith(nameof(AccessErrnoException)).And.Contain("EACCES").And.Contain($"'{Path}'"));
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Who_may_not_make_files_in_the_directory_is_told_so()
    {
        Posix.RequireRoot("to become somebody else");
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        using PeerProcess peer = PeerProcess.Start("region-user-create", Stranger, Stranger, Path);
        Assert.That(peer.ReadLine(), Does.StartWith(nameof(AccessErrnoException)).And.Contain("EACCES"));
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void A_file_system_that_can_make_no_file_without_a_name_says_what_to_use()
    {
        ErrnoException refusal = Assert.Catch<ErrnoException>(() => Topic.OpenOrCreate("/proc/shmbus-test").Dispose())!;
        Assert.That(refusal.Message, Does.Contain("/proc"));
    }

    [Test]
    public void A_name_that_is_too_long_is_told()
    {
        ErrnoException refusal = Assert.Throws<ErrnoException>(() => Topic.OpenOrCreate(_directory.File(new string('x', 256))).Dispose())!;
        Assert.That(refusal.Error, Is.EqualTo(ErrorNumber.ENAMETOOLONG));
        Topic.OpenOrCreate(_directory.File(new string('x', 255))).Dispose();
    }

    [Test]
    public void Names_are_taken_as_they_are([Values("a b", "ü€😀", "-x", "..x", "x..", "a\nb", "%s", "t (deleted)")] string name)
    {
        using Topic topic = Topic.OpenOrCreate(_directory.File(name));
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.EqualTo(new[] { _directory.File(name) }));
        Assert.That(topic.CheckName(), Is.EqualTo(ShmBus.Regions.RegionName.Intact));
    }

    [Test]
    public void A_relative_path_will_do()
    {
        string relative = System.IO.Path.GetRelativePath(Environment.CurrentDirectory, Path);
        using Topic topic = Topic.OpenOrCreate(relative);
        Assert.That(topic.Path, Is.EqualTo(Path));
    }
}
