using ShmBus.Tests.Support;

namespace ShmBus.Tests.Queue;

/// <summary>Options of topics that exist already.</summary>
internal sealed class OptionMismatchTests
{
    private TestDirectory _directory = null!;

    private string Path => _directory.File("topic");

    [SetUp]
    public void Open() => _directory = new TestDirectory();

    [TearDown]
    public void Close() => _directory.Dispose();

    [TestCase(false)]
    [TestCase(true)]
    public void Options_that_differ_are_refused_by_name(bool lanes)
    {
        using Topic topic = Topic.OpenOrCreate(Path, new TopicOptions { Capacity = 4096, Publishers = 4, Lanes = lanes });
        TopicMismatchException mismatch = Assert.Throws<TopicMismatchException>(
            () => Topic.OpenOrCreate(Path, new TopicOptions { Capacity = 4096, Publishers = 2, Lanes = lanes }));
        Assert.That(mismatch.Option, Is.EqualTo("Publishers"));
        mismatch = Assert.Throws<TopicMismatchException>(
            () => Topic.OpenOrCreate(Path, new TopicOptions { Capacity = 4096, Publishers = 4, Lanes = !lanes }));
        Assert.That(mismatch.Option, Is.EqualTo("Lanes"));
        Assert.That(() => Topic.OpenOrCreate(Path, new TopicOptions { Publishers = 65, Lanes = lanes }), Throws.ArgumentException.With.Message.Contains("1 to 64"));
        Assert.That(() => Topic.OpenOrCreate(Path, new TopicOptions { Publishers = 0, Lanes = lanes }), Throws.ArgumentException);
    }
}
