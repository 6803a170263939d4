using System.IO.Pipes;

namespace ShmBus.Perf.Transports;

/// <summary>A named pipe as .NET has it, on Linux a Unix socket, with its synchronous reads and writes: no thread is changed for a message.</summary>
internal sealed class NamedPipeTransport : FramedTransport
{
    // A whole path: else .NET makes the socket in the directory for temporary files.
    private const string FileName = "pipe";

    public override string Name => "pipe-named";

    protected override Duplex CreateDuplex(ChannelSettings settings) => new Server(new NamedPipeServerStream(
        settings.PathOf(FileName), PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.None, settings.Capacity, settings.Capacity));

    protected override Duplex OpenDuplex(ChannelSettings settings)
    {
        var pipe = new NamedPipeClientStream(".", settings.PathOf(FileName), PipeDirection.InOut);
        pipe.Connect();
        return new Client(pipe);
    }

    private sealed class Server : StreamDuplex
    {
        private readonly NamedPipeServerStream _pipe;

        public Server(NamedPipeServerStream pipe) => In = Out = _pipe = pipe;

        public override void Connect() => _pipe.WaitForConnection();
    }

    private sealed class Client : StreamDuplex
    {
        public Client(NamedPipeClientStream pipe) => In = Out = pipe;

        public override void Connect()
        {
        }
    }
}
