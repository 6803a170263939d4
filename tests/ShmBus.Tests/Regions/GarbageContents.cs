using System.Buffers.Binary;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Tests.Regions;

/// <summary>
/// The header is right and everything behind it is garbage, of the kind that is nearly right. Endpoints work, wait or refuse; the
/// process lives, and each call ends.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class GarbageContents
{
    private static readonly int Page = Environment.SystemPageSize;

    [Test]
    public void Whatever_stands_behind_the_header_does_no_harm([Range(0, 19)] int series)
    {
        int refused = 0;
        for (int seed = series * 100; seed < (series + 1) * 100; seed++)
        {
            using TestDirectory directory = new();
            string path = directory.File("t");
            Topic.OpenOrCreate(path, new TopicOptions { Capacity = Page }).Dispose();
            Spoil(path, new Random(seed));
            using Topic topic = Topic.Open(path);
            topic.Inspect();
            refused += Use(topic);
            topic.Inspect();
        }
        Assert.That(refused, Is.Positive, "some of it was noticed");
    }

    private static int Use(Topic topic)
    {
        List<Endpoint> endpoints = [];
        try
        {
            int refused = Try(() => endpoints.Add(topic.CreatePublisher())) + Try(() => endpoints.Add(topic.CreateSubscriber()));
            for (int i = 0; i < 30; i++)
            {
                foreach (Endpoint endpoint in endpoints)
                {
                    refused += endpoint is Publisher publisher
                        ? Try(() => publisher.TryPublish(new byte[i * 30])) + Try(() => publisher.WaitToPublish(0, TimeSpan.Zero))
                        : Try(() => Read((Subscriber)endpoint)) + Try(() => ((Subscriber)endpoint).Poll(Look, limit: 5));
                    refused += Try(() => endpoint.Flush(Durability.Disk));
                }
            }
            return refused;
        }
        finally
        {
            endpoints.ForEach(endpoint => endpoint.Dispose());
        }
    }

    private static void Read(Subscriber subscriber)
    {
        if (subscriber.TryRead(out Message message))
        {
            Look(message);
        }
        subscriber.WaitToRead(TimeSpan.Zero);
    }

    private static void Look(Message message)
    {
        Assert.That(message.Payload.Length, Is.LessThanOrEqualTo(Page / 4));
        // Each byte is looked at: one that is not there would end the process.
        GC.KeepAlive(message.Payload.ToArray());
    }

    /// <summary>1 when the garbage was told by an exception made for it; any other comes through.</summary>
    private static int Try(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (Exception exception) when (exception is RingCorruptException or RecordKindException)
        {
            return 1;
        }
    }

    private static void Spoil(string path, Random random)
    {
        byte[] bytes = File.ReadAllBytes(path);
        RegionHeader header = RegionHeader.Decode(bytes, (ulong)bytes.Length, path);
        RegionGeometry geometry = header.Geometry;
        ulong tail = random.Next(4) switch
        {
            0 => (ulong)random.NextInt64(),
            1 => ulong.MaxValue - (ulong)random.Next(4 * Page) & ~15UL,
            _ => (ulong)(Page + random.Next(8 * Page) & ~15),
        };
        random.NextBytes(bytes.AsSpan((int)geometry.DataOffset));
        foreach (long field in Fields(geometry))
        {
            ulong value = random.Next(12) switch
            {
                0 => (ulong)random.NextInt64() * 2,
                1 => ulong.MaxValue,
                2 => 0,
                3 => tail + (ulong)random.Next(2 * Page),
                4 or 5 => tail - (ulong)random.Next(2 * Page),
                6 or 7 or 8 => tail - (ulong)random.Next(Page) & ~15UL,
                _ => tail,
            };
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)field), value);
        }
        // Records with a right stamp and whatever length: they are believed as far as they can be.
        for (ulong position = tail - (ulong)Page & ~15UL; position != (tail & ~15UL); position += 16)
        {
            if (random.Next(3) == 0)
            {
                Span<byte> record = bytes.AsSpan((int)(geometry.DataOffset + (long)(position & (ulong)Page - 1)));
                BinaryPrimitives.WriteUInt64LittleEndian(record, RecordDescriptor.BareStamp(position, header.Key) | (uint)random.Next(8));
                int length = random.Next(5) == 0 ? random.Next() * 2 : random.Next(Page / 4 + 2);
                BinaryPrimitives.WriteInt32LittleEndian(record[8..], length);
            }
        }
        HeaderFile.Write(path, HeaderSize, bytes.AsSpan(HeaderSize));
    }

    /// <summary>Every number that somebody acts on.</summary>
    private static IEnumerable<long> Fields(RegionGeometry geometry)
    {
        long publisher = geometry.PublisherSlotOffset(0);
        long subscriber = geometry.SubscriberSlotOffset(0);
        return [
            TailOffset, SharedGateOffset, ParkedSubscribersOffset, ParkedPublishersOffset, CorruptOffset,
            publisher + IntentOffset, publisher + ParkedOffset, publisher + StateOffset, publisher + JoinedAtOffset,
            subscriber + GateOffset, subscriber + ResumeOffset, subscriber + ParkedOffset, subscriber + StateOffset, subscriber + JoinedAtOffset,
            subscriber + NameOffset,
        ];
    }
}
