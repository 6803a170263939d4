using System.Security.Cryptography;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Rings;

/// <summary>Whatever stands in a ring, who looks at its messages ends, reads nowhere else, and is told.</summary>
internal sealed unsafe class HostileObserverTests
{
    [Test]
    public void Any_records_and_any_cursors_are_shown_or_refused([Values(1, 3)] int publishers, [Range(0, 9)] int seed)
    {
        using TestDirectory directory = new();
        using Bus bus = Bus.Open(directory.Path);
        using Topic topic = bus.OpenOrCreateTopic("t", new TopicOptions { Capacity = Environment.SystemPageSize, Publishers = publishers });
        using RegionFile file = RegionFile.Open(topic.Path!, RegionOptions.Default, readOnly: false);
        Region region = Region.Map(file, RegionOptions.Default, readOnly: false);
        Random random = new(seed);
        int shown = 0, refused = 0;
        try
        {
            RingMemory memory = new(region.Address, region.Geometry, file.Header.Key);
            ulong capacity = memory.Capacity;
            for (int round = 0; round < 2000; round++)
            {
                ulong tail = Tail();
                *memory.Tail = tail;
                random.NextBytes(new Span<byte>(memory.Data, (int)capacity));
                for (int i = random.Next(300); i > 0; i--)
                {
                    ulong position = (tail - (ulong)random.NextInt64(0, 2 * (long)capacity)) & ~15UL;
                    ulong* at = (ulong*)(memory.Data + (position & (capacity - 1)));
                    *at = RecordDescriptor.BareStamp(position, memory.Key) | (uint)random.Next(7);
                    *(uint*)((byte*)at + 8) = random.Next(4) == 0 ? (uint)random.Next() : (uint)random.Next(200);
                    at[2] = (uint)random.Next(64) | (ulong)(uint)random.Next(16) << 16 | (ulong)(uint)random.Next(64) << 32;
                }
                for (int i = 0; i < publishers; i++)
                {
                    *memory.Publisher(i).Intent = random.Next(2) == 0 ? tail - (ulong)random.Next(8192) : (ulong)random.NextInt64();
                }
                try
                {
                    using TopicObserver topicObserver = bus.ObserveTopic("t");
                    using MessageObserver observer = topicObserver.ObserveMessages((JoinAt)random.Next(2));
                    *memory.Tail = random.Next(2) == 0 ? tail : Tail();
                    for (int i = 0; i < 100_000 && observer.TryRead(out Message message); i++)
                    {
                        // Each byte is looked at.
                        _ = Convert.ToHexString(SHA256.HashData(message.Payload)) + message.TraceState.Length + message.Timestamp + message.CorrelationId;
                        Assert.That(message.Payload.Length, Is.LessThanOrEqualTo(topic.MaxMessageLength));
                        shown++;
                        Assert.That(i, Is.LessThan(10_000), "It does not end.");
                    }
                }
                catch (Exception exception) when (exception is RingCorruptException or RecordKindException)
                {
                    refused++;
                }
            }

            ulong Tail() => random.Next(8) switch
            {
                0 => (ulong)random.NextInt64(),
                1 => capacity,
                2 => ulong.MaxValue - 15,
                _ => (capacity + (ulong)random.NextInt64(0, 8 * (long)capacity)) & ~15UL,
            };
        }
        finally
        {
            region.Close();
            region.Unmap();
        }
        TestContext.Out.WriteLine($"{shown} messages were shown, {refused} rounds refused.");
        Assert.That(shown, Is.Positive);
        Assert.That(refused, Is.Positive);
    }
}
