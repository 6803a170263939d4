namespace ShmBus.Perf.Transports;

/// <summary>ShmBus to every subscriber there is; publishers wait for the slowest, so nothing is lost.</summary>
internal sealed class ShmBusBroadcastTransport : ShmBusTransport, IManySubscribersTransport
{
    public override string Name => "shmbus-broadcast";

    protected override TopicOptions OptionsOf(ChannelSettings settings) => base.OptionsOf(settings) with { Delivery = Delivery.Broadcast };
}
