using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>Sends requests, all on one connection. No client around the handler: it would add nothing but checks.</summary>
internal sealed class Http2Client(ChannelSettings settings) : IDisposable
{
    private static readonly Uri s_address = new("http://localhost/");

    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Http2Transport.PathOf(settings)), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    public async Task<HttpResponseMessage> PostAsync(HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, s_address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        HttpResponseMessage response = await _invoker.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.OK ? response : throw new PerfException($"the server answered {(int)response.StatusCode}");
    }

    public void Dispose() => _invoker.Dispose();
}

internal sealed class Http2Pinger(ChannelSettings settings) : IPinger
{
    private readonly Http2Client _client = new(settings);

    public void Run(PingCourse course) => RunAsync(course).GetAwaiter().GetResult();

    private async Task RunAsync(PingCourse course)
    {
        byte[] ping = new byte[course.Size];
        byte[] pong = new byte[course.Size];
        while (course.Next())
        {
            course.Write(ping);
            using HttpResponseMessage response = await _client.PostAsync(new ByteArrayContent(ping)).ConfigureAwait(false);
            if (response.Content.Headers.ContentLength != course.Size)
                throw new PerfException($"the server answered {response.Content.Headers.ContentLength} bytes");
            Stream body = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
            await body.ReadExactlyAsync(pong).ConfigureAwait(false);
            course.Read(pong);
        }
    }

    public void Dispose() => _client.Dispose();
}

internal sealed class Http2Producer(ChannelSettings settings) : IProducer
{
    private readonly Http2Client _client = new(settings);

    public void Run(StreamSource source)
    {
        using var content = new Frames(source);
        _client.PostAsync(content).GetAwaiter().GetResult().Dispose();
    }

    public void Dispose() => _client.Dispose();

    private sealed class Frames(StreamSource source) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] frame = new byte[FrameWriter.PrefixSize + source.Size];
            BinaryPrimitives.WriteInt32LittleEndian(frame, source.Size);
            bool more;
            do
            {
                source.AwaitTurn();
                more = source.Write(frame.AsSpan(FrameWriter.PrefixSize));
                await stream.WriteAsync(frame).ConfigureAwait(false);
                await stream.FlushAsync().ConfigureAwait(false);
            }
            while (more);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
