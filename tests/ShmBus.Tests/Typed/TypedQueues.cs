using ShmBus.Tests.Support;

namespace ShmBus.Tests.Typed;

internal class TypedFile : TypedContract
{
    private TestDirectory _directory = null!;

    private protected override Topic CreateTopic(TopicOptions options)
    {
        _directory = new TestDirectory();
        return Topic.OpenOrCreate(_directory.File("topic"), options);
    }

    private protected override void Clean() => _directory.Dispose();
}

/// <summary>Lanes for several publishers, with one.</summary>
internal sealed class TypedLane : TypedFile
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { Publishers = 3, Lanes = true });
}

/// <summary>Its subscriber trusts nobody, and copies.</summary>
internal sealed class TypedUntrusted : TypedFile
{
    private protected override Topic CreateTopic(TopicOptions options) => base.CreateTopic(options with { TrustPeers = false });
}

/// <summary>Every message carries a timestamp.</summary>
internal sealed class TypedWithTimestamps : TypedFile
{
    private protected override void Prepare(Publisher publisher) => publisher.AddsTimestamp = true;
}

internal sealed class TypedAnonymous : TypedContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateAnonymous(options);
}

internal sealed class TypedInProcess : TypedContract
{
    private protected override Topic CreateTopic(TopicOptions options) => Topic.CreateInProcess(options);
}
