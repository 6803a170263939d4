using ShmBus.Tests.Support;

namespace ShmBus.Tests.Async;

internal class FileAwait : AwaitContract
{
    private TestDirectory _directory = null!;

    private protected override Topic CreateTopic(TopicOptions options)
    {
        _directory = new TestDirectory();
        return Topic.OpenOrCreate(_directory.File("topic"), options);
    }

    private protected override void Clean() => _directory.Dispose();
}

/// <summary>A ring for several publishers, with one.</summary>
internal sealed class SharedAwait : FileAwait
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}

/// <summary>Lanes for several publishers, with one.</summary>
internal sealed class LaneAwait : FileAwait
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3, Lanes = true });
}

/// <summary>Both ends trust nobody: all sleeps have an end.</summary>
internal sealed class UntrustedAwait : FileAwait
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { TrustPeers = false });
}

internal sealed class AnonymousAwait : AwaitContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options);
}

/// <summary>Awaiters run on the thread that was woken for them.</summary>
internal sealed class InlineAwait : AwaitContract
{
    private protected override Topic CreateTopic(TopicOptions options) =>
        Topic.CreateAnonymous(options with { AllowSynchronousContinuations = true });
}

/// <summary>Woken through eventfds.</summary>
internal class EventfdAwait : AwaitContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options with { Eventfds = true });
}

internal sealed class InlineEventfdAwait : EventfdAwait
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { AllowSynchronousContinuations = true });
}

internal sealed class InProcessAwait : AwaitContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateInProcess(options);
}
