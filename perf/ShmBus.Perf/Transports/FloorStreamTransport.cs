using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>
/// The least ring that can work, written as fast as it goes: one producer, one consumer, no slots, no checks, no
/// wake. What every safety and service of a real ring must be measured against.
/// </summary>
internal sealed unsafe class FloorStreamTransport : IStreamTransport
{
    public string Name => "floor-stream";

    public string WaitLabel(WaitMode asked) => "spin";

    public IProducer CreateProducer(ChannelSettings settings) => new Producer(FloorRing.Create(settings));

    public IConsumer OpenConsumer(ChannelSettings settings) => new FloorConsumer(FloorRing.Open(settings));

    private sealed class Producer(FloorRing ring) : IProducer
    {
        public void Run(StreamSource source)
        {
            byte* data = ring.Data;
            ulong* consumed = ring.Consumed;
            ulong key = ring.Key;
            int size = source.Size;
            ulong extent = FloorRing.ExtentOf(size);
            ulong position = 0;
            ulong capacity = ring.Capacity;
            ulong mask = ring.Mask;
            ulong limit = capacity;
            bool more;
            do
            {
                source.AwaitTurn();
                while (position + extent > limit)
                    limit = Volatile.Read(ref *consumed) + capacity;

                byte* record = data + (position & mask);
                // Length and type, which is 0, in one store.
                *(ulong*)(record + FloorRing.LengthOffset) = (uint)size;
                more = source.Write(new Span<byte>(record + FloorRing.HeaderSize, size));
                // Pairs with the consumer's read of the stamp.
                Volatile.Write(ref *(ulong*)record, FloorRing.StampOf(position, key));
                position += extent;
            }
            while (more);
        }

        public void Dispose() => ring.Dispose();
    }
}
