using ShmBus.Serialization;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>What is generated allocates the objects that it returns, and nothing else.</summary>
internal sealed class AllocationTests
{
    [MessagePackObject]
    public sealed record Reading([property: Key(0)] long Time, [property: Key(1)] double Value, [property: Key(2)] Side Side);

    [Test]
    public void Structs_allocate_nothing()
    {
        Tick tick = new(1L << 40, 1.5, 2.5, 1000, 3, -5, 77, true);
        FixedOutput output = new(256);
        Assert.That(PerRound(Tick.MessagePack, output, tick), Is.Zero);
    }

    [Test]
    public void Classes_allocate_the_object()
    {
        Reading reading = new(5, 1.5, Side.Sell);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Reading copy = reading with { };
        long ofOne = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(PerRound(Reading.MessagePack, new FixedOutput(256), copy), Is.EqualTo(ofOne));
    }

    private static double PerRound<T>(IMessageSerializer<T> serializer, FixedOutput output, T message)
    {
        const int Rounds = 1000;
        MessagePayload payload = new(serializer.Bytes(message));
        Run(1, payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(Rounds, payload);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rounds;

        void Run(int count, in MessagePayload payload)
        {
            for (int i = 0; i < count; i++)
            {
                output.Clear();
                serializer.Serialize(output, message);
                serializer.Deserialize(payload, out T read);
                if (!EqualityComparer<T>.Default.Equals(read, message))
                {
                    Assert.Fail("What was read is not what was written.");
                }
            }
        }
    }
}
