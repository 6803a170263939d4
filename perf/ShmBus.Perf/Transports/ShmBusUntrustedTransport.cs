namespace ShmBus.Perf.Transports;

/// <summary>ShmBus between those who do not trust each other: each message is copied before it is checked and read.</summary>
internal sealed class ShmBusUntrustedTransport : ShmBusTransport
{
    public override string Name => "shmbus-untrusted";

    protected override TopicOptions OptionsOf(ChannelSettings settings) => base.OptionsOf(settings) with { TrustPeers = false };
}
