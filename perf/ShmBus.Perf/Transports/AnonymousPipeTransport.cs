using System.IO.Pipes;

namespace ShmBus.Perf.Transports;

/// <summary>The same pipes as .NET has them, with its synchronous reads and writes, which go straight to the kernel.</summary>
internal sealed class AnonymousPipeTransport : FramedTransport
{
    private const string FileName = "handles";

    public override string Name => "pipe-anonymous";

    protected override Duplex CreateDuplex(ChannelSettings settings) => new Server(settings);

    protected override Duplex OpenDuplex(ChannelSettings settings) => new Client(File.ReadAllLines(settings.PathOf(FileName)));

    private sealed class Server : StreamDuplex
    {
        private readonly AnonymousPipeServerStream _there;
        private readonly AnonymousPipeServerStream _back;

        public Server(ChannelSettings settings)
        {
            Out = _there = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable, settings.Capacity);
            In = _back = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable, settings.Capacity);
            File.WriteAllLines(settings.PathOf(FileName), [_there.GetClientHandleAsString(), _back.GetClientHandleAsString()]);
        }

        // So that the end of the peer closes them.
        public override void Connect()
        {
            _there.DisposeLocalCopyOfClientHandle();
            _back.DisposeLocalCopyOfClientHandle();
        }
    }

    private sealed class Client : StreamDuplex
    {
        public Client(string[] handles)
        {
            In = new AnonymousPipeClientStream(PipeDirection.In, handles[0]);
            Out = new AnonymousPipeClientStream(PipeDirection.Out, handles[1]);
        }

        public override void Connect()
        {
        }
    }
}
