namespace ShmBus.Perf.Transports;

/// <summary>A transport of the kernel's: bytes there and back, on which messages are framed. It always blocks.</summary>
internal abstract class FramedTransport : ChannelTransport, IStreamTransport
{
    public string OneProducerReason => "the frames of two writers would mix";

    protected abstract Duplex CreateDuplex(ChannelSettings settings);

    protected abstract Duplex OpenDuplex(ChannelSettings settings);

    protected sealed override MessageChannel Create(ChannelSettings settings) => new FramedChannel(CreateDuplex(settings), settings, batched: false);

    protected sealed override MessageChannel Open(ChannelSettings settings) => new FramedChannel(OpenDuplex(settings), settings, batched: false);

    public IProducer CreateBatchedProducer(ChannelSettings settings) => new ChannelProducer(new FramedChannel(CreateDuplex(settings), settings, batched: true));
}

/// <summary>The same, with many messages to a write: see <see cref="FrameWriter"/>.</summary>
internal sealed class BatchedTransport(FramedTransport inner) : IStreamTransport
{
    public string Name => $"{inner.Name}-batched";

    public string? Alias => inner.Alias is { } alias ? $"{alias}-batched" : null;

    public string Note => $"{Name} holds messages back until 64 KiB are full: the most that a {inner.Name} can carry.";

    public string OneProducerReason => inner.OneProducerReason;

    public string WaitLabel(WaitMode asked) => inner.WaitLabel(asked);

    public IProducer CreateProducer(ChannelSettings settings) => inner.CreateBatchedProducer(settings);

    public IConsumer OpenConsumer(ChannelSettings settings) => inner.OpenConsumer(settings);
}
