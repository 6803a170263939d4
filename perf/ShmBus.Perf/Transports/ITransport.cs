using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>
/// A way of moving messages. Main makes the channel, then starts the peers, which open it. Each end owns its loop,
/// so that nothing stands between a transport and its own fastest code; the courses, sources and sinks that the
/// loops feed are sealed and inlined, and verify every message.
/// </summary>
internal interface ITransport
{
    string Name { get; }

    /// <summary>How it waits when asked to wait so: what the rows record.</summary>
    string WaitLabel(WaitMode asked);

    /// <summary>What a reader of the table must know, or null.</summary>
    string? Note => null;

    /// <summary>Another name that it answers to, or null.</summary>
    string? Alias => null;

    /// <summary>What it needs and this machine has not, and how to get that; or null.</summary>
    string? Missing => null;

    /// <summary>The shared framework that its peer needs besides the base, or null.</summary>
    string? PeerFramework => null;

    /// <summary>Why it cannot carry messages of so many bytes here, or null.</summary>
    string? WhyTooLong(int size) => null;
}

/// <summary>A transport with a way there and a way back.</summary>
internal interface ILatencyTransport : ITransport
{
    IPinger CreatePinger(ChannelSettings settings);

    IPonger OpenPonger(ChannelSettings settings);
}

/// <summary>A transport from one producer to one consumer.</summary>
internal interface IStreamTransport : ITransport
{
    /// <summary>Why it cannot have several producers, where it cannot.</summary>
    string OneProducerReason => "its ring has one producer";

    /// <summary>Why it cannot have several subscribers, each of which gets every message, where it cannot.</summary>
    string OneSubscriberReason => "each of its messages goes to one";

    IProducer CreateProducer(ChannelSettings settings);

    IConsumer OpenConsumer(ChannelSettings settings);
}

/// <summary>A transport from several producers to one consumer.</summary>
internal interface IManyProducersTransport : IStreamTransport
{
    /// <summary>A further producer, in a process of its own.</summary>
    IProducer OpenProducer(ChannelSettings settings);
}

/// <summary>A transport from one producer to several consumers, each of which gets every message.</summary>
internal interface IManySubscribersTransport : IStreamTransport
{
}

/// <summary>An end in the main process, which has made the channel.</summary>
internal interface IMainEnd : IDisposable
{
    /// <summary>Returns when the peer has opened the channel, where the transport can tell.</summary>
    void Connect()
    {
    }
}

internal interface IPinger : IMainEnd
{
    void Run(PingCourse course);
}

internal interface IPonger : IDisposable
{
    void Run(EchoCourse course);
}

internal interface IProducer : IMainEnd
{
    void Run(StreamSource source);
}

internal interface IConsumer : IDisposable
{
    void Run(StreamSink sink);
}
