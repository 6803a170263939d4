using ShmBus.Native;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Buses;

/// <summary>A bus that a group shares: others are let in from the moment that it is there, whoever made it, and wherever a maker was killed.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class GroupBuses : IDisposable
{
    private const UnixFileMode EverybodyMakes = (UnixFileMode)0b001_111_111_111;
    private const UnixFileMode Shared = (UnixFileMode)0b110_110_000;
    private const int Group = 54_322;

    private readonly TestDirectory _directory = new();

    public GroupBuses() => File.SetUnixFileMode(_directory.Path, EverybodyMakes);

    private string Path => _directory.File("bus");

    public void Dispose() => _directory.Dispose();

    [TestCase("fchownat")]
    [TestCase("chmod")]
    [TestCase("renameat2")]
    public void Maker_killed_on_the_way_keeps_nobody_out(string call)
    {
        Posix.RequireRoot("to give a directory to a group that one is not in");
        using (PeerProcess maker = PeerProcess.Start("bus-die-at", call, Path, Group))
        {
            Assert.That(maker.ExitCode(), Is.Not.Zero, "the scene: it was killed");
        }
        Assert.That(Directory.Exists(Path), Is.False);
        using PeerProcess other = PeerProcess.Start(new Confinement().User(54_323, Group), "bus-open-each", Group);
        other.Expect("ready");
        other.WriteLine(Path);
        other.Expect("made, read 0");
        using Bus bus = Bus.Open(new BusOptions { Directory = Path, Mode = Shared, Group = Group });
        FileStatus status = Libc.Lstat(Path)!.Value;
        Assert.That((Convert.ToString((int)status.Mode, 8), status.Group), Is.EqualTo(("2770", (uint)Group)));
    }

    [Test]
    public void What_a_killed_maker_left_is_used_by_the_next_one()
    {
        Posix.RequireRoot("to give a directory to a group that one is not in");
        using (PeerProcess maker = PeerProcess.Start("bus-die-at", "chmod", Path, Group))
        {
            Assert.That(maker.ExitCode(), Is.Not.Zero, "the scene: it was killed");
        }
        using Bus bus = Bus.Open(new BusOptions { Directory = Path, Mode = Shared, Group = Group });
        Assert.That(Convert.ToString((int)File.GetUnixFileMode(Path), 8), Is.EqualTo("2770"));
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.EqualTo(new[] { Path }));
    }

    [Test]
    public void Users_of_the_group_who_come_at_once_are_never_refused_and_share_what_they_make()
    {
        const int rounds = 100;
        Posix.RequireRoot("to become other users");
        PeerProcess[] users = [.. Enumerable.Range(0, 4).Select(i => PeerProcess.Start(new Confinement().User(54_323 + i / 2, Group), "bus-open-each", Group))];
        try
        {
            Array.ForEach(users, user => user.Expect("ready"));
            for (int round = 0; round < rounds; round++)
            {
                string path = _directory.File($"bus{round}");
                Array.ForEach(users, user => user.WriteLine(path));
                string[] answers = [.. users.Select(static user => user.ReadLine())];
                Assert.That(answers, Has.All.Matches<string>(static answer => answer.Contains(", read ") || answer.Contains("has room for 1 ")), $"round {round}");
                Assert.That(answers.Count(static answer => answer.StartsWith("made", StringComparison.Ordinal)), Is.LessThanOrEqualTo(1), $"round {round}");
            }
            Assert.That(Directory.GetFileSystemEntries(_directory.Path), Has.Length.EqualTo(rounds), "nothing is left of those who came second");
        }
        finally
        {
            Array.ForEach(users, user => user.Dispose());
        }
    }

    [Test]
    public void One_user_reads_and_deletes_what_the_other_made_and_a_stranger_does_not()
    {
        Posix.RequireRoot("to become other users");
        using PeerProcess first = PeerProcess.Start(new Confinement().User(54_323, Group), "bus-open-each", Group);
        using PeerProcess second = PeerProcess.Start(new Confinement().User(54_324, Group), "bus-open-each", Group);
        using PeerProcess stranger = PeerProcess.Start(new Confinement().User(54_325, 54_326), "bus-open-each", Group);
        Array.ForEach([first, second, stranger], user => user.Expect("ready"));
        first.WriteLine(Path);
        first.Expect("made, read 0");
        second.WriteLine(Path);
        second.Expect("opened, read 1");
        stranger.WriteLine(Path);
        Assert.That(stranger.ReadLine(), Does.Contain("EACCES"));
        stranger.WriteLine(Path + "-");
        Assert.That(stranger.ReadLine(), Does.Contain("EACCES"));
        second.WriteLine(Path + "-");
        second.Expect("deleted");
        second.WriteLine(Path);
        second.Expect("made, read 0");
    }
}
