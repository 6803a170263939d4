namespace ShmBus.Tool.Tests.Looking;

/// <summary><c>shmbus create</c> and <c>shmbus rm</c>.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CreateAndRmTests : IDisposable
{
    private readonly BrokenBus _bus = new();

    public void Dispose() => _bus.Dispose();

    [Test]
    public void A_topic_is_made_as_was_asked_for_and_so_is_its_bus()
    {
        string directory = Path.Combine(_bus.Parent, "other");
        ToolProcess.Result made = ToolProcess.Run("create", "t", "--broadcast", "--subscribers", 3, "--capacity", "1M", "--evict-at", "768K", "--publishers", 2, "--bus", directory, "--json");
        Assert.That(made.ExitCode, Is.EqualTo(ExitCode.Success), made.Error);
        Assert.That(made.Json.GetProperty("is_new").GetBoolean(), Is.True);
        using Bus bus = Bus.Open(directory);
        TopicOptions found = bus.ListTopics().Single().Options!;
        Assert.That(
            (found.Delivery, found.Subscribers, found.Capacity, found.EvictionLag, found.Publishers, found.Overflow, found.Lanes),
            Is.EqualTo((Delivery.Broadcast, 3, 1 << 20, 768 << 10, 2, Overflow.Wait, false)));
    }

    [Test]
    public void The_same_again_is_well_and_another_kind_is_refused()
    {
        Assert.That(_bus.Run("create", "t", "--lanes", "--publishers", 4).Output, Does.StartWith("Made"));
        Assert.That(_bus.Run("create", "t", "--lanes", "--publishers", 4).Output, Does.StartWith("Exists"));
        ToolProcess.Result other = _bus.Run("create", "t");
        Assert.That((other.ExitCode, other.Output), Is.EqualTo((ExitCode.InUse, "")));
        Assert.That(other.Error, Does.Contain("Publishers 4"));
    }

    [TestCase("--capacity", "5000")]
    [TestCase("--capacity", "many")]
    [TestCase("--capacity", "4G")]
    [TestCase("--overwrite")]
    [TestCase("--publishers", "65")]
    [TestCase("--subscribers", "2")]
    public void What_cannot_be_made_is_refused_in_one_line(params string[] options)
    {
        ToolProcess.Result result = _bus.Run(["create", "t", .. options]);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((ExitCode.Usage, "")));
        Assert.That(result.Error, Does.Match(@"^shmbus[^\n]*\n$"));
        Assert.That(_bus.Bus.ListTopics(), Is.Empty);
    }

    [Test]
    public void What_nobody_uses_is_deleted_and_the_rest_is_told()
    {
        _bus.Make("free");
        _bus.MakeTruncated("truncated");
        using PeerProcess holder = LibraryPeer.Start("hold", _bus.Make("held"), "publisher");
        holder.Expect("holding");
        ToolProcess.Result result = _bus.Run("rm", "free", "held", "missing", "--json");
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Finding));
        Assert.That(result.Json.GetProperty("deleted").EnumerateArray().Select(static name => name.GetString()), Is.EqualTo(["free"]));
        Assert.That(result.Json.GetProperty("failures").EnumerateArray().Select(static failure => (failure.GetProperty("name").GetString(), failure.GetProperty("code").GetString())),
            Is.EqualTo(new[] { ("held", "in_use"), ("missing", "not_found") }));
        Assert.That(_bus.Run("rm", "held").ExitCode, Is.EqualTo(ExitCode.InUse));
        Assert.That(_bus.Run("rm", "missing").ExitCode, Is.EqualTo(ExitCode.NotFound));
        Assert.That(_bus.Run("rm", "truncated").ExitCode, Is.EqualTo(ExitCode.Success), "damaged, and nobody uses it");
        Assert.That(_bus.Bus.ListTopics().Select(static topic => topic.Name), Is.EqualTo(["held"]));
    }

    [Test]
    public void The_stale_ones_go_together()
    {
        _bus.Make("a");
        _bus.Make("b");
        _bus.MakeNewer("newer");
        using PeerProcess holder = LibraryPeer.Start("hold", _bus.Make("held"), "publisher");
        holder.Expect("holding");
        Assert.That(_bus.Run("rm", "--stale").Output, Is.EqualTo("Deleted a.\nDeleted b.\n"));
        Assert.That(_bus.Bus.ListTopics().Select(static topic => topic.Name), Is.EqualTo(["held", "newer"]));
        Assert.That((_bus.Run("rm").ExitCode, _bus.Run("rm", "a", "--stale").ExitCode), Is.EqualTo((ExitCode.Usage, ExitCode.Usage)));
    }
}
