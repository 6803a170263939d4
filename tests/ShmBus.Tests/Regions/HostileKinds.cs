using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using ShmBus.Regions;
using ShmBus.Tests.Support;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Tests.Regions;

/// <summary>
/// Headers whose checksum is right and whose kind of topic is any: what is opened can be used, what cannot be used is refused by type, and
/// nothing stays open.
/// </summary>
internal sealed class HostileKinds
{
    private static readonly TopicOptions[] Kinds =
    [
        new() { Capacity = 4096 }, new() { Capacity = 4096, Publishers = 3 }, new() { Capacity = 4096, Publishers = 3, Lanes = true },
        new() { Capacity = 4096, Delivery = Delivery.Broadcast }, new() { Capacity = 4096, Delivery = Delivery.Broadcast, EvictionLag = 4096 },
        new() { Capacity = 4096, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite }, new() { Capacity = 4096, Delivery = Delivery.Broadcast, Publishers = 2 },
    ];

    private static readonly Gen<long> Number = Gen.OneOf(
        Gen.Elements(0L, 1, 2, 3, 63, 64, 65, 2047, 2048, 4095, 4096, 4097, 8192, MaxCapacity, 2L * MaxCapacity, int.MaxValue, uint.MaxValue, long.MaxValue, long.MinValue, -1),
        Gen.Choose(int.MinValue, int.MaxValue).Select(value => (long)value << 20 ^ value));

    [Test]
    public void Any_kind_is_refused_by_type_or_works()
    {
        using TestDirectory directory = new();
        string path = directory.File("t");
        int refused = 0, worked = 0;
        int[] narrow = [ProducersOffset, DeliveryOffset, OverflowOffset];
        int[] wide = [EvictionLagOffset, LaneCapacityOffset, HubKeyOffset];
        Gen<(int Field, long Value)> change = from field in Gen.Elements([.. narrow, .. narrow, .. wide]) from value in Gen.OneOf(Gen.Choose(0, 3).Select(static value => (long)value), Number) select (field, value);
        Gen<(TopicOptions, (int Field, long Value)[])> scene = from kind in Gen.Elements(Kinds) from changes in change.ListOf() select (kind, changes.ToArray());
        Prop.ForAll(scene.ToArbitrary(), any =>
        {
            (TopicOptions kind, (int Field, long Value)[] changes) = any;
            Array.ForEach(Directory.GetFiles(directory.Path), File.Delete);
            Topic.OpenOrCreate(path, kind).Dispose();
            byte[] header = File.ReadAllBytes(path)[..HeaderSize];
            foreach ((int field, long value) in changes)
            {
                if (narrow.Contains(field))
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(field), (uint)value);
                }
                else
                {
                    BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(field), value);
                }
            }
            HeaderFile.Write(path, 0, HeaderFile.Seal(header));
            (Works(path) ? ref worked : ref refused)++;
            return ProcessFiles.DescriptorsBelow(directory.Path) == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
        TestContext.Out.WriteLine($"{refused} refused, {worked} worked");
        Assert.That(refused, Is.Positive);
        Assert.That(worked, Is.Positive);
    }

    /// <summary>Anything else than these exceptions comes through and fails the property.</summary>
    private static bool Works(string path)
    {
        try
        {
            using Topic topic = Topic.Open(path);
            _ = topic.Inspect();
            using Publisher publisher = topic.CreatePublisher();
            using Subscriber subscriber = topic.CreateSubscriber();
            for (int i = 0; i < 10; i++)
            {
                publisher.Publish(new byte[100]);
                Assert.That(subscriber.TryRead(out Message message) && message.Payload.Length == 100, Is.True);
            }
            return true;
        }
        catch (RegionException)
        {
            return false;
        }
    }
}
