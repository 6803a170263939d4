namespace ShmBus.Perf.Transports;

/// <summary>ShmBus on a topic for several publishers: each claims by a compare-and-swap, also when it is alone.</summary>
internal sealed class ShmBusManyTransport : ShmBusTransport, IManyProducersTransport
{
    public override string Name => "shmbus-many";

    protected override TopicOptions OptionsOf(ChannelSettings settings) => base.OptionsOf(settings) with { Publishers = ChannelSettings.MaximumProducers };
}
