using ShmBus.Tests.Support;

namespace ShmBus.Tests.Typed;

/// <summary>A topic in a file, for one test.</summary>
internal abstract class TopicOfATest
{
    private TestDirectory _directory = null!;

    private protected Topic Topic { get; private set; } = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        Topic = Topic.OpenOrCreate(_directory.File("topic"));
    }

    [TearDown]
    public void Close()
    {
        Topic.Dispose();
        _directory.Dispose();
    }
}
