using ShmBus.Perf.Measuring;

namespace ShmBus.Perf.Transports;

/// <summary>
/// The reading end of a <see cref="FloorRing"/>, for one producer or several. It spins; after some ten microseconds in
/// vain it yields, because the one that it waits for may need its processor.
/// </summary>
internal sealed unsafe class FloorConsumer(FloorRing ring) : IConsumer
{
    // A reader on the writer's heels takes each line from it before it is full. One that has caught up therefore
    // looks away for about a microsecond; 64 B messages then go 1.1 times as fast, those of 8 B 1.3 times.
    private const int LookAway = 20;

    private const int LooksBeforeYield = 10;

    public void Run(StreamSink sink)
    {
        byte* data = ring.Data;
        ulong* consumed = ring.Consumed;
        ulong key = ring.Key;
        ulong mask = ring.Mask;
        ulong publishEvery = ring.PublishEvery;
        ulong position = 0;
        ulong published = 0;
        bool more;
        do
        {
            byte* record = data + (position & mask);
            ulong stamp = FloorRing.StampOf(position, key);
            for (int looks = 0; Volatile.Read(ref *(ulong*)record) != stamp; looks++)
            {
                Thread.SpinWait(LookAway);
                if (looks >= LooksBeforeYield)
                    Thread.Yield();
            }

            int length = *(int*)(record + FloorRing.LengthOffset);
            more = sink.Read(new ReadOnlySpan<byte>(record + FloorRing.HeaderSize, length));
            position += FloorRing.ExtentOf(length);
            if (position - published >= publishEvery)
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
