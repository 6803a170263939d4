using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>Two named pipes, as large as the rings that they are compared with.</summary>
internal sealed class PipeTransport : FramedTransport
{
    public override string Name => "pipe";

    public override Duplex Create(ChannelSettings settings)
    {
        var pipes = new Pipes(settings.Directory);
        pipes.Make();
        return pipes;
    }

    public override Duplex Open(ChannelSettings settings)
    {
        var pipes = new Pipes(settings.Directory);
        pipes.Accept();
        return pipes;
    }

    private sealed class Pipes(string directory) : Duplex
    {
        private readonly string _there = Path.Combine(directory, "there");
        private readonly string _back = Path.Combine(directory, "back");

        public void Make()
        {
            Descriptor.MakeFifo(_there);
            Descriptor.MakeFifo(_back);
        }

        // Opening waits for the other side, so both must open the two in the same order.
        public override void Connect()
        {
            Out = Descriptor.Open(_there, Descriptor.O_WRONLY);
            In = Descriptor.Open(_back, Descriptor.O_RDONLY);
            Descriptor.SetPipeSize(Out, ChannelSettings.RingCapacity);
            Descriptor.SetPipeSize(In, ChannelSettings.RingCapacity);
        }

        public void Accept()
        {
            In = Descriptor.Open(_there, Descriptor.O_RDONLY);
            Out = Descriptor.Open(_back, Descriptor.O_WRONLY);
        }

        public override void Dispose()
        {
            Descriptor.Close(In);
            Descriptor.Close(Out);
        }
    }
}
