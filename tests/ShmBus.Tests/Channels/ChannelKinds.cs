using ShmBus.Tests.Support;

namespace ShmBus.Tests.Channels;

/// <summary>Between endpoints of a file, with nothing in front of the ring.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal class ChannelInFile : ChannelContract, IDisposable
{
    private readonly TestDirectory _directory = new();

    private protected override Topic Create(TopicOptions options) => Topic.OpenOrCreate(_directory.File("t"), options);

    public void Dispose() => _directory.Dispose();
}

/// <summary>The same, with its peers not trusted.</summary>
internal sealed class ChannelAmongStrangers : ChannelInFile
{
    private protected override Topic Create(TopicOptions options) => base.Create(options with { TrustPeers = false });
}

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ChannelInMemfd : ChannelContract
{
    private protected override Topic Create(TopicOptions options) => Topic.CreateAnonymous(options);
}

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal class ChannelInProcess : ChannelContract
{
    private protected override Topic Create(TopicOptions options) => Topic.CreateInProcess(options);
}

/// <summary>With awaiters that are run where what they wait for was found.</summary>
internal sealed class ChannelWithInlineAwaiters : ChannelInProcess
{
    private protected override TopicChannelOptions Options => new() { AllowSynchronousContinuations = true };
}

/// <summary>With local channels in front of the ring.</summary>
internal sealed class ChannelBehindLocalOnes : ChannelInProcess
{
    private protected override TopicChannelOptions Options => new() { LocalCapacity = 5 };
}
