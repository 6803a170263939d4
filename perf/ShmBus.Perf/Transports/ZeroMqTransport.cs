using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>
/// ZeroMQ by its C library over ipc://: a PAIR of sockets there and back; for streams PUSH to PULL, which several producers may share. Messages
/// are written and read in the library's own memory, without a further copy.
/// </summary>
internal sealed class ZeroMqTransport : ILatencyTransport, IManyProducersTransport
{
    public string Name => "zeromq";

    public string? Missing => ZeroMq.Missing;

    public string WaitLabel(WaitMode asked) => "block";

    public IPinger CreatePinger(ChannelSettings settings) => new ChannelPinger(ZeroMqChannel.Bind(ZeroMq.ZMQ_PAIR, settings));

    public IPonger OpenPonger(ChannelSettings settings) => new ChannelPonger(ZeroMqChannel.Connect(ZeroMq.ZMQ_PAIR, settings));

    // The consumer is the one that all others find: to connect before somebody is bound is allowed.
    public IProducer CreateProducer(ChannelSettings settings) => OpenProducer(settings);

    public IProducer OpenProducer(ChannelSettings settings) => new ChannelProducer(ZeroMqChannel.Connect(ZeroMq.ZMQ_PUSH, settings));

    public IConsumer OpenConsumer(ChannelSettings settings) => new ChannelConsumer(ZeroMqChannel.Bind(ZeroMq.ZMQ_PULL, settings));
}
