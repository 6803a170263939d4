using System.Net.Sockets;

namespace ShmBus.Perf.Transports;

/// <summary>A Unix domain stream socket, with as much room as the kernel grants up to that of a ring.</summary>
internal sealed class UnixStreamTransport : SocketTransport
{
    public override string Name => "unix-stream";

    public override string Alias => "unix";

    protected override Socket Bind(ChannelSettings settings)
    {
        Socket socket = NewSocket();
        socket.Bind(EndPointOf(settings));
        return socket;
    }

    protected override Socket Connect(ChannelSettings settings)
    {
        Socket socket = NewSocket();
        socket.Connect(EndPointOf(settings));
        return socket;
    }

    protected override void Configure(Socket socket, ChannelSettings settings) => socket.SendBufferSize = settings.Capacity;

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static UnixDomainSocketEndPoint EndPointOf(ChannelSettings settings) => new(settings.PathOf("socket"));
}
