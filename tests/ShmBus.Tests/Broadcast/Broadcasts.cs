using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

internal class FileBroadcast : BroadcastContract
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
internal sealed class SharedBroadcast : FileBroadcast
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}

/// <summary>Its subscribers trust nobody, and copy.</summary>
internal sealed class UntrustedBroadcast : FileBroadcast
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { TrustPeers = false });
}

internal sealed class AnonymousBroadcast : BroadcastContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options);
}

/// <summary>Woken through eventfds.</summary>
internal class EventfdBroadcast : BroadcastContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options with { Eventfds = true });
}

internal sealed class SharedEventfdBroadcast : EventfdBroadcast
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}

internal class InProcessBroadcast : BroadcastContract
{
    private protected override Topic CreateTopic(TopicOptions options)
    {
        using Bus bus = Bus.InProcess();
        return bus.OpenOrCreateTopic("topic", options);
    }
}

internal sealed class SharedInProcessBroadcast : InProcessBroadcast
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3 });
}
