using System.Net.Sockets;

namespace ShmBus.Perf.Transports;

/// <summary>A Unix domain stream socket, with as much room as the kernel grants up to that of a ring.</summary>
internal sealed class UnixTransport : FramedTransport
{
    public override string Name => "unix";

    public override Duplex Create(ChannelSettings settings)
    {
        Socket listener = NewSocket();
        listener.Bind(EndPointOf(settings));
        listener.Listen(1);
        return new Connection(listener);
    }

    public override Duplex Open(ChannelSettings settings)
    {
        Socket socket = NewSocket();
        socket.Connect(EndPointOf(settings));
        var connection = new Connection(socket);
        connection.Use();
        return connection;
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static UnixDomainSocketEndPoint EndPointOf(ChannelSettings settings) =>
        new(Path.Combine(settings.Directory, "socket"));

    /// <param name="socket">Connected, or in main listening until <see cref="Connect"/>.</param>
    private sealed class Connection(Socket socket) : Duplex
    {
        private Socket _socket = socket;

        public override void Connect()
        {
            using Socket listener = _socket;
            _socket = listener.Accept();
            Use();
        }

        // Socket makes the connection; the bytes then go by bare reads and writes, which are faster.
        public void Use()
        {
            _socket.SendBufferSize = ChannelSettings.RingCapacity;
            In = Out = (int)_socket.Handle;
        }

        public override void Dispose() => _socket.Dispose();
    }
}
