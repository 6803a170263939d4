using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>Two named pipes of the file system, for processes that know only a path; as large as the rings that they are compared with.</summary>
internal sealed class FifoTransport : FramedTransport
{
    public override string Name => "fifo";

    public override string Alias => "pipe";

    protected override Duplex CreateDuplex(ChannelSettings settings)
    {
        var fifos = new Fifos(settings);
        fifos.Make();
        return fifos;
    }

    protected override Duplex OpenDuplex(ChannelSettings settings)
    {
        var fifos = new Fifos(settings);
        fifos.Accept();
        return fifos;
    }

    private sealed class Fifos(ChannelSettings settings) : DescriptorDuplex
    {
        private readonly string _there = settings.PathOf("there");
        private readonly string _back = settings.PathOf("back");

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
            Descriptor.SetPipeSize(Out, settings.Capacity);
            Descriptor.SetPipeSize(In, settings.Capacity);
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
