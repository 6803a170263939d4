namespace ShmBus.Perf.Transports;

/// <summary>A transport whose processes have a <see cref="MessageChannel"/> each, and which waits in the kernel alone.</summary>
internal abstract class ChannelTransport : ILatencyTransport, IStreamTransport
{
    public abstract string Name { get; }

    public virtual string? Alias => null;

    public virtual string? Missing => null;

    public string WaitLabel(WaitMode asked) => "block";

    public virtual string? WhyTooLong(int size) => null;

    /// <summary>Makes the channel, without waiting for the peer.</summary>
    protected abstract MessageChannel Create(ChannelSettings settings);

    /// <summary>Opens the channel; returns when both ends are open.</summary>
    protected abstract MessageChannel Open(ChannelSettings settings);

    public IPinger CreatePinger(ChannelSettings settings) => new ChannelPinger(Create(settings));

    public IPonger OpenPonger(ChannelSettings settings) => new ChannelPonger(Open(settings));

    public IProducer CreateProducer(ChannelSettings settings) => new ChannelProducer(Create(settings));

    public IConsumer OpenConsumer(ChannelSettings settings) => new ChannelConsumer(Open(settings));
}
