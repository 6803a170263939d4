using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>
/// The least ring with several producers that can work: each claims by a compare-and-swap on one tail and stamps. No
/// intent, no slots, no checks, no wake. A producer that is killed in the middle of a claim ends it.
/// </summary>
internal sealed unsafe class FloorCasTransport : IManyProducersTransport
{
    public string Name => "floor-cas";

    public string WaitLabel(WaitMode asked) => "yield";

    public IProducer CreateProducer(ChannelSettings settings) => new Producer(FloorRing.Create(settings));

    public IProducer OpenProducer(ChannelSettings settings) => new Producer(FloorRing.Open(settings));

    public IConsumer OpenConsumer(ChannelSettings settings) => new FloorConsumer(FloorRing.Open(settings));

    private sealed class Producer(FloorRing ring) : IProducer
    {
        // Some ten microseconds, as the consumer.
        private const int LooksBeforeYield = 10_000;

        public void Run(StreamSource source)
        {
            byte* data = ring.Data;
            ulong* tail = ring.Tail;
            ulong* consumed = ring.Consumed;
            ulong key = ring.Key;
            int size = source.Size;
            ulong extent = FloorRing.ExtentOf(size);
            ulong capacity = ring.Capacity;
            ulong mask = ring.Mask;
            ulong limit = capacity;
            bool more;
            do
            {
                source.AwaitTurn();
                ulong position;
                do
                {
                    position = Volatile.Read(ref *tail);
                    for (int looks = 0; position + extent > limit; looks++)
                    {
                        if (looks >= LooksBeforeYield)
                            Thread.Yield();
                        limit = Volatile.Read(ref *consumed) + capacity;
                        position = Volatile.Read(ref *tail);
                    }
                }
                while (Interlocked.CompareExchange(ref *tail, position + extent, position) != position);

                byte* record = data + (position & mask);
                // Length and type, which is 0, in one store.
                *(ulong*)(record + FloorRing.LengthOffset) = (uint)size;
                more = source.Write(new Span<byte>(record + FloorRing.HeaderSize, size));
                // Pairs with the consumer's read of the stamp.
                Volatile.Write(ref *(ulong*)record, FloorRing.StampOf(position, key));
            }
            while (more);
        }

        public void Dispose() => ring.Dispose();
    }
}
