using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>Options that cannot be meant are told by name, before anything is made.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OptionRefusals : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public void A_mode_that_shuts_the_owner_out_or_lets_everybody_in_is_refused(
        [Values(0, 0b110_010_000, 0b100_000_000, 0b110_000_001, 0b110_000_010, 0b110_000_100, 0b111_000_000, 0b110_001_000, 0b001_110_000_000, 0b100_110_000_000)] int mode) =>
        ExpectRefusal(new TopicOptions { Mode = (UnixFileMode)mode }, nameof(TopicOptions.Mode), Convert.ToString(mode, 8));

    [Test]
    public void A_negative_group_is_refused([Values(-1, int.MinValue)] int group) =>
        ExpectRefusal(new TopicOptions { Group = group }, nameof(TopicOptions.Group), $"{group}");

    [Test]
    public void A_negative_limit_for_populating_is_refused([Values(-1, long.MinValue)] long limit) =>
        ExpectRefusal(new TopicOptions { PopulateLimit = limit }, nameof(TopicOptions.PopulateLimit), $"{limit}");

    [Test]
    public void Eventfds_are_refused_where_nobody_hands_them_over()
    {
        TopicOptions options = new() { Eventfds = true };
        string path = _directory.File("t");
        Topic.OpenOrCreate(_directory.File("other")).Dispose();
        using Bus bus = Bus.Open(_directory.Path);
        using Bus inProcess = Bus.InProcess();
        inProcess.OpenOrCreateTopic("other").Dispose();
        foreach (Func<Topic> make in (Func<Topic>[])
            [
                () => Topic.OpenOrCreate(path, options), () => Topic.Open(_directory.File("other"), options), () => Topic.CreateInProcess(options),
                () => bus.OpenOrCreateTopic("t", options), () => bus.OpenTopic("other", options),
                () => inProcess.OpenOrCreateTopic("t", options), () => inProcess.OpenTopic("other", options),
            ])
        {
            Assert.That(() => make().Dispose(), Throws.ArgumentException.With.Message.Contain(nameof(TopicOptions.Eventfds)).And.Message.Contain(nameof(Topic.CreateAnonymous)));
        }
        Assert.That(File.Exists(path), Is.False);
        Assert.That(inProcess.ListTopics().Single().IsInUse, Is.False, "nothing stays open");
    }

    private void ExpectRefusal(TopicOptions options, params string[] words)
    {
        string path = _directory.File("t");
        foreach (Func<Topic> make in (Func<Topic>[])[() => Topic.OpenOrCreate(path, options), () => Topic.CreateAnonymous(options), () => Topic.Open(path, options)])
        {
            ArgumentException refusal = Assert.Throws<ArgumentException>(() => make().Dispose())!;
            foreach (string word in words)
            {
                Assert.That(refusal.Message, Does.Contain(word));
            }
        }
        Assert.That(Directory.GetFileSystemEntries(_directory.Path), Is.Empty);
    }
}
