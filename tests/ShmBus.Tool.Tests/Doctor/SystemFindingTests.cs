using ShmBus.Tool.Doctor;

namespace ShmBus.Tool.Tests.Doctor;

/// <summary>What a kernel, a container or a shell may keep from a process: each is taken from the doctor, which says so.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SystemFindingTests : IDisposable
{
    private static readonly string Peer = typeof(LibraryPeer).Assembly.Location.Replace("ShmBus.Tool.Tests", "ShmBus.TestPeer", StringComparison.Ordinal);

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestCase("futex_waitv")]
    [TestCase("membarrier")]
    [TestCase("memfd")]
    public void A_system_call_that_a_filter_refuses_is_found(string call)
    {
        Examination found = Examination.Under(["dotnet", Peer, "run-refused", call], _directory.Path);
        Assert.That(found.Troubles.Select(static finding => (finding.Check, finding.Severity)), Is.EqualTo(new[] { (call, Severity.Warning) }));
        Assert.That(found.The(call).Text, Does.Contain("is refused: Operation not permitted"));
        Assert.That(found.ExitCode, Is.EqualTo(ExitCode.Finding));
    }

    [Test]
    public void No_inotify_is_found()
    {
        Examination found = Examination.Under(new Confinement().NoInotify().Words, _directory.Path);
        Assert.That(found.Troubles.Select(static finding => finding.Check), Is.EqualTo(new[] { "inotify" }));
        Assert.That(found.The("inotify").Text, Does.Contain("Too many open files"));
    }

    [Test]
    public void Inotify_instances_that_are_used_up_are_counted()
    {
        Examination before = Examination.Under([], _directory.Path);
        using FileSystemWatcher watcher = new(_directory.Path) { EnableRaisingEvents = true };
        Examination after = Examination.Under([], _directory.Path);
        // Other processes have some, too, and may come and go.
        Assert.That(before.The("inotify").Text + after.The("inotify").Text, Does.Match(@"[0-9]+ of [0-9]+ instances and [0-9]+ of [0-9]+ watches.*[1-9][0-9]* of [0-9]+ instances and [1-9]"));
    }

    [Test]
    public void A_low_limit_of_open_files_is_found()
    {
        Examination found = Examination.Under(new Confinement().Limit("-n", 200).Words, _directory.Path);
        Assert.That(found.Troubles.Select(static finding => finding.Check), Is.EqualTo(new[] { "limits" }));
        Assert.That(found.The("limits").Text, Is.EqualTo("a process may have 200 files open (nofile)"));
    }

    [Test]
    public void Less_memory_that_may_be_locked_than_a_topic_has_is_a_note()
    {
        using (Topic topic = Topic.OpenOrCreate(_directory.File("t")))
        {
            Examination found = Examination.Under(new Confinement().Limit("-l", 64).Words, _directory.Path);
            Assert.That(found.The("limits").Severity, Is.EqualTo(Severity.Note));
            Assert.That(found.The("limits").Text, Does.StartWith("a process may lock 64K of memory"));
        }
    }

    [TestCase(100, Severity.Error)]
    [TestCase(10_000, Severity.Note)]
    public void A_small_file_system_is_found(int kilobytes, Severity severity)
    {
        Examination found = Examination.Under(new Confinement().SmallFileSystem(_directory.Path, kilobytes).Words, _directory.Path);
        Assert.That(found.The("space").Severity, Is.EqualTo(severity));
        Assert.That(found.The("space").Subject, Is.EqualTo(_directory.Path));
    }

    [Test]
    public void A_file_system_without_room_for_one_more_of_the_largest_topic_is_found()
    {
        string create = $"dotnet '{typeof(ToolCommand).Assembly.Location}' create t --capacity 1M --bus '{_directory.Path}' > /dev/null && \"$@\"; exit $?";
        string[] words = [.. new Confinement().SmallFileSystem(_directory.Path, 2000).Words, "sh", "-c", create, "sh"];
        Examination found = Examination.Under(words, _directory.Path);
        Assert.That(found.Troubles.Select(static finding => (finding.Check, finding.Severity)), Is.EqualTo(new[] { ("space", Severity.Warning) }));
        Assert.That(found.The("space").Text, Does.Contain("the largest 1.0M"));
    }
}
