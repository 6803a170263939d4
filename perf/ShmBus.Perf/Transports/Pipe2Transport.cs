using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>Two pipes that the peer inherits, by bare system calls: what a program uses between itself and one that it starts.</summary>
internal sealed class Pipe2Transport : FramedTransport
{
    public override string Name => "pipe2";

    protected override Duplex CreateDuplex(ChannelSettings settings) => new Pipes(settings);

    protected override Duplex OpenDuplex(ChannelSettings settings) => new Pipes(Inheritance.Read(settings));

    private sealed class Pipes : DescriptorDuplex
    {
        private readonly int[] _others;

        public Pipes(ChannelSettings settings)
        {
            (int peersIn, Out) = Descriptor.MakePipe();
            (In, int peersOut) = Descriptor.MakePipe();
            Descriptor.SetPipeSize(Out, settings.Capacity);
            Descriptor.SetPipeSize(In, settings.Capacity);
            _others = [peersIn, peersOut];
            Inheritance.Write(settings, peersIn, peersOut, In, Out);
        }

        public Pipes(int[] inherited)
        {
            (In, Out, _others) = (inherited[0], inherited[1], inherited[2..]);
            Connect();
        }

        // Each side closes the other's ends, so that it is told when that closes them, too.
        public override void Connect()
        {
            foreach (int other in _others)
                Descriptor.Close(other);
        }

        public override void Dispose()
        {
            Descriptor.Close(In);
            Descriptor.Close(Out);
        }
    }
}
