using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>
/// The least ring that can work, written as fast as it goes: one producer, one consumer, no slots, no checks, no
/// wake. What every safety and service of a real ring must be measured against.
/// </summary>
internal sealed unsafe class FloorStreamTransport : IStreamTransport
{
    // A reader on the writer's heels takes each line from it before it is full. One that has caught up therefore
    // looks away for about a microsecond; 64 B messages then go 1.1 times as fast, those of 8 B 1.3 times.
    private const int LookAway = 20;

    public string Name => "floor-stream";

    public string WaitLabel(WaitMode asked) => "spin";

    public IProducer CreateProducer(ChannelSettings settings) => new Producer(FloorRing.Create(settings));

    public IConsumer OpenConsumer(ChannelSettings settings) => new Consumer(FloorRing.Open(settings));

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
            ulong limit = FloorRing.Capacity;
            bool more;
            do
            {
                while (position + extent > limit)
                    limit = Volatile.Read(ref *consumed) + FloorRing.Capacity;

                byte* record = data + FloorRing.IndexOf(position);
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

    private sealed class Consumer(FloorRing ring) : IConsumer
    {
        public void Run(StreamSink sink)
        {
            byte* data = ring.Data;
            ulong* consumed = ring.Consumed;
            ulong key = ring.Key;
            ulong position = 0;
            ulong published = 0;
            bool more;
            do
            {
                byte* record = data + FloorRing.IndexOf(position);
                ulong stamp = FloorRing.StampOf(position, key);
                while (Volatile.Read(ref *(ulong*)record) != stamp)
                    Thread.SpinWait(LookAway);

                int length = *(int*)(record + FloorRing.LengthOffset);
                more = sink.Read(new ReadOnlySpan<byte>(record + FloorRing.HeaderSize, length));
                position += FloorRing.ExtentOf(length);
                if (position - published >= FloorRing.PublishEvery)
                {
                    published = position;
                    // Pairs with the producer's read when it is short of room.
                    Volatile.Write(ref *consumed, position);
                }
            }
            while (more);
        }

        public void Dispose() => ring.Dispose();
    }
}
