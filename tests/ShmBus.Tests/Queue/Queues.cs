using ShmBus.Tests.Support;

namespace ShmBus.Tests.Queue;

internal class FileQueue : QueueContract
{
    private TestDirectory _directory = null!;

    private protected override Topic CreateTopic(TopicOptions options)
    {
        _directory = new TestDirectory();
        using Bus bus = Bus.Open(_directory.Path);
        return bus.OpenOrCreateTopic("topic", options);
    }

    private protected override void Clean() => _directory.Dispose();
}

/// <summary>A ring for several publishers, with one.</summary>
internal sealed class SharedQueue : FileQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}

/// <summary>Lanes for several publishers, with one.</summary>
internal sealed class LaneQueue : FileQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3, Lanes = true });
}

/// <summary>Its subscriber trusts nobody, and copies.</summary>
internal sealed class UntrustedQueue : FileQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { TrustPeers = false });
}

/// <summary>The same with lanes.</summary>
internal sealed class UntrustedLaneQueue : FileQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3, Lanes = true, TrustPeers = false });
}

internal sealed class AnonymousQueue : QueueContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options);
}

/// <summary>Woken through eventfds.</summary>
internal class EventfdQueue : QueueContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options with { Eventfds = true });
}

internal sealed class SharedEventfdQueue : EventfdQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}

internal class InProcessQueue : QueueContract
{
    private protected override Topic CreateTopic(TopicOptions options)
    {
        using Bus bus = Bus.InProcess();
        return bus.OpenOrCreateTopic("topic", options);
    }
}

internal sealed class SharedInProcessQueue : InProcessQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}

internal sealed class LaneInProcessQueue : InProcessQueue
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3, Lanes = true });
}
