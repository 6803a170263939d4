using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Files and directories that somebody else could have put something into.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RefusedOwners : IDisposable
{
    private const uint Stranger = 54_321;
    private const uint Group = 54_322;

    private static readonly TopicOptions Shared = new() { Mode = (UnixFileMode)0b110_110_000 };

    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    private static string Octal(int mode) => Convert.ToString(mode, 8);

    public void Dispose() => _directory.Dispose();

    [Test]
    public void A_file_that_others_may_read_or_write_is_refused([Values(0b110_000_100, 0b110_100_000, 0b110_100_100, 0b110_000_010, 0b110_010_000, 0b110_110_000, 0b110_110_110, 0b111_111_111)] int mode)
    {
        MakeTopic();
        File.SetUnixFileMode(Path, (UnixFileMode)mode);
        ExpectRefusal(Path, $"mode {Octal(mode)}", "expected at most 600");
    }

    [Test]
    public void A_file_that_everybody_may_write_is_refused_also_where_a_group_is_let_in()
    {
        MakeTopic(Shared);
        Topic.Open(Path, Shared).Dispose();
        File.SetUnixFileMode(Path, (UnixFileMode)0b110_110_110);
        RegionOwnerException refusal = Assert.Throws<RegionOwnerException>(() => Topic.Open(Path, Shared).Dispose())!;
        Assert.That(refusal.Message, Does.Contain("mode 666").And.Contain("expected at most 660"));
    }

    [Test]
    public void A_file_that_becomes_open_to_others_after_it_was_opened_makes_no_endpoint()
    {
        using Topic topic = MakeTopic();
        File.SetUnixFileMode(Path, (UnixFileMode)0b110_110_110);
        Assert.Throws<RegionOwnerException>(() => topic.CreatePublisher().Dispose());
    }

    [Test]
    public void A_directory_in_which_others_can_exchange_files_is_refused([Values(0b111_000_010, 0b111_010_000, 0b111_111_111)] int mode)
    {
        MakeTopic();
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)mode);
        ExpectRefusal(_directory.Path, $"mode {Octal(mode)}");
    }

    [Test]
    public void A_directory_with_the_sticky_bit_will_do()
    {
        MakeTopic();
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b001_111_111_111);
        Topic.Open(Path).Dispose();
        File.Delete(Path);
        Topic.OpenOrCreate(Path).Dispose();
    }

    [Test]
    public void A_file_of_somebody_else_is_refused()
    {
        Posix.RequireRoot("to give a file to somebody else");
        MakeTopic();
        Posix.ChangeOwner(Path, Stranger, 0);
        ExpectRefusal(Path, $"user {Stranger}", "expected user 0");
    }

    [Test]
    public void A_directory_of_somebody_else_is_refused()
    {
        Posix.RequireRoot("to give a directory to somebody else");
        MakeTopic();
        Posix.ChangeOwner(_directory.Path, Stranger, 0);
        ExpectRefusal(_directory.Path, $"user {Stranger}", "expected user 0");
    }

    [Test]
    public void A_file_of_somebody_else_will_do_in_the_group_that_was_let_in()
    {
        Posix.RequireRoot("to give a file to somebody else");
        TopicOptions options = Shared with { Group = (int)Group };
        MakeTopic(options);
        Assert.That(Libc.Lstat(Path)!.Value.Group, Is.EqualTo(Group));
        Posix.ChangeOwner(Path, Stranger, Group);
        Posix.ChangeOwner(_directory.Path, Stranger, Group);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_000);
        Topic.Open(Path, options).Dispose();
        ExpectRefusal(_directory.Path, $"user {Stranger}");
    }

    [Test]
    public void A_file_of_somebody_else_in_another_group_is_refused_although_a_group_was_let_in()
    {
        Posix.RequireRoot("to give a file to somebody else");
        MakeTopic(Shared);
        Posix.ChangeOwner(Path, Stranger, Stranger);
        foreach (TopicOptions options in (TopicOptions[])[Shared, Shared with { Group = (int)Group }])
        {
            RegionOwnerException refusal = Assert.Throws<RegionOwnerException>(() => Topic.Open(Path, options).Dispose())!;
            Assert.That(refusal.Path, Is.EqualTo(Path));
            Assert.That(refusal.Message, Does.Contain($"user {Stranger}").And.Contain($"group {Stranger}"));
        }
    }

    [Test]
    public void A_directory_of_somebody_else_in_another_group_is_refused_although_a_group_was_let_in()
    {
        Posix.RequireRoot("to give a directory to somebody else");
        MakeTopic(Shared);
        Posix.ChangeOwner(_directory.Path, Stranger, Stranger);
        RegionOwnerException refusal = Assert.Throws<RegionOwnerException>(() => Topic.Open(Path, Shared).Dispose())!;
        Assert.That(refusal.Path, Is.EqualTo(_directory.Path));
    }

    private Topic MakeTopic(TopicOptions? options = null) => Topic.OpenOrCreate(Path, options);

    private void ExpectRefusal(string refused, params string[] words)
    {
        foreach (Func<Topic> open in (Func<Topic>[])[() => Topic.Open(Path), () => Topic.OpenOrCreate(Path)])
        {
            RegionOwnerException refusal = Assert.Throws<RegionOwnerException>(() => open().Dispose())!;
            Assert.That(refusal.Path, Is.EqualTo(refused));
            foreach (string word in words)
            {
                Assert.That(refusal.Message, Does.Contain(word));
            }
        }
    }
}
