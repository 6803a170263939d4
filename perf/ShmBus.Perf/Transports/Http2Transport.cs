using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Transports;

/// <summary>
/// HTTP/2 over a Unix socket, without TLS: HttpClient's handler in main, Kestrel in the peer. Round trips are a request and its response
/// each, as any service has them; a stream is the body of one request, in which a message is a frame that is flushed at once.
/// </summary>
internal sealed class Http2Transport : ILatencyTransport, IStreamTransport
{
    public string Name => "http2";

    public string Note => "http2 is a request and a response for each round trip, and one request whose body is the stream for throughput.";

    public string? Missing => SharedFramework.Missing(SharedFramework.AspNetCore);

    public string PeerFramework => SharedFramework.AspNetCore;

    public string OneProducerReason => "its stream is the body of one request";

    public string WaitLabel(WaitMode asked) => "await";

    public IPinger CreatePinger(ChannelSettings settings) => new Http2Pinger(settings);

    public IPonger OpenPonger(ChannelSettings settings) => new Http2Ponger(settings);

    public IProducer CreateProducer(ChannelSettings settings) => new Http2Producer(settings);

    public IConsumer OpenConsumer(ChannelSettings settings) => new Http2Consumer(settings);

    /// <summary>Where the socket is.</summary>
    public static string PathOf(ChannelSettings settings) => settings.PathOf("http2");
}
