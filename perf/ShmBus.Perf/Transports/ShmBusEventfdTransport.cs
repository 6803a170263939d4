namespace ShmBus.Perf.Transports;

/// <summary>The same where both sides sleep on eventfds.</summary>
internal sealed class ShmBusEventfdTransport : ShmBusPassedTransport
{
    public override string Name => "shmbus-eventfd";

    protected override bool HasEventfds => true;
}
