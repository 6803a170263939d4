using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ShmBus.Perf.Transports;

/// <summary>TCP over the loopback device, without Nagle's algorithm, which would hold a small message back for an earlier one's acknowledgement.</summary>
internal sealed class TcpTransport : SocketTransport
{
    private const string FileName = "port";

    public override string Name => "tcp";

    protected override Socket Bind(ChannelSettings settings)
    {
        Socket socket = NewSocket();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        File.WriteAllText(settings.PathOf(FileName), port.ToString(CultureInfo.InvariantCulture));
        return socket;
    }

    protected override Socket Connect(ChannelSettings settings)
    {
        int port = int.Parse(File.ReadAllText(settings.PathOf(FileName)), CultureInfo.InvariantCulture);
        Socket socket = NewSocket();
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    // The sizes of its buffers are left to the kernel, which adapts them.
    protected override void Configure(Socket socket, ChannelSettings settings) => socket.NoDelay = true;

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
