namespace ShmBus.Perf.Transports;

/// <summary>A transport of the kernel's: bytes there and back, on which messages are framed. It always blocks.</summary>
internal abstract class FramedTransport : ILatencyTransport, IStreamTransport
{
    public abstract string Name { get; }

    public string OneProducerReason => "the frames of two writers would mix";

    public string WaitLabel(WaitMode asked) => "block";

    /// <summary>Makes the channel, without waiting for the peer.</summary>
    public abstract Duplex Create(ChannelSettings settings);

    /// <summary>Opens the channel; returns when both ends are open.</summary>
    public abstract Duplex Open(ChannelSettings settings);

    public IPinger CreatePinger(ChannelSettings settings) => new FramedPinger(Create(settings));

    public IPonger OpenPonger(ChannelSettings settings) => new FramedPonger(Open(settings));

    public IProducer CreateProducer(ChannelSettings settings) => new FramedProducer(Create(settings), batched: false);

    public IConsumer OpenConsumer(ChannelSettings settings) => new FramedConsumer(Open(settings));
}

/// <summary>The same, with many messages to a write: see <see cref="FrameWriter"/>.</summary>
internal sealed class BatchedTransport(FramedTransport inner) : IStreamTransport
{
    public string Name => $"{inner.Name}-batched";

    public string Note => $"{Name} holds messages back until 64 KiB are full: the most that a {inner.Name} can carry.";

    public string OneProducerReason => inner.OneProducerReason;

    public string WaitLabel(WaitMode asked) => inner.WaitLabel(asked);

    public IProducer CreateProducer(ChannelSettings settings) => new FramedProducer(inner.Create(settings), batched: true);

    public IConsumer OpenConsumer(ChannelSettings settings) => inner.OpenConsumer(settings);
}
