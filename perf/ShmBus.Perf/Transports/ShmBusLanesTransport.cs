namespace ShmBus.Perf.Transports;

/// <summary>ShmBus where each publisher has a ring of its own, which the subscriber reads in turn: none can hold up another.</summary>
internal sealed class ShmBusLanesTransport : ShmBusTransport, IManyProducersTransport
{
    public override string Name => "shmbus-lanes";

    protected override TopicOptions OptionsOf(ChannelSettings settings) =>
        base.OptionsOf(settings) with { Lanes = true, Publishers = ChannelSettings.MaximumProducers };
}
