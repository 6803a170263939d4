using System.Net.Sockets;

namespace ShmBus.Perf.Transports;

/// <summary>A stream socket. .NET makes the connection; the bytes then go by bare reads and writes, which are faster.</summary>
internal abstract class SocketTransport : FramedTransport
{
    /// <summary>Binds a socket to an address that <see cref="Connect"/> finds.</summary>
    protected abstract Socket Bind(ChannelSettings settings);

    protected abstract Socket Connect(ChannelSettings settings);

    /// <summary>Sets the options of a connection, on both sides.</summary>
    protected abstract void Configure(Socket socket, ChannelSettings settings);

    protected sealed override Duplex CreateDuplex(ChannelSettings settings)
    {
        Socket listener = Bind(settings);
        listener.Listen(1);
        return new Connection(listener, socket => Configure(socket, settings));
    }

    protected sealed override Duplex OpenDuplex(ChannelSettings settings)
    {
        var connection = new Connection(Connect(settings), socket => Configure(socket, settings));
        connection.Use();
        return connection;
    }

    /// <param name="socket">Connected, or in main listening until <see cref="Connect"/>.</param>
    /// <param name="configure">Sets its options once it is connected.</param>
    private sealed class Connection(Socket socket, Action<Socket> configure) : DescriptorDuplex
    {
        private Socket _socket = socket;

        public override void Connect()
        {
            using Socket listener = _socket;
            _socket = listener.Accept();
            Use();
        }

        public void Use()
        {
            configure(_socket);
            In = Out = (int)_socket.Handle;
        }

        public override void Dispose() => _socket.Dispose();
    }
}
