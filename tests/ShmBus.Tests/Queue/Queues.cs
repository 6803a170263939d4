using ShmBus.Tests.Support;

namespace ShmBus.Tests.Queue;

internal sealed class FileQueue : QueueContract
{
    private TestDirectory _directory = null!;

    private protected override Topic CreateTopic(TopicOptions options)
    {
        _directory = new TestDirectory();
        return Topic.OpenOrCreate(_directory.File("topic"), options);
    }

    private protected override void Clean() => _directory.Dispose();
}

internal sealed class AnonymousQueue : QueueContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options);
}
