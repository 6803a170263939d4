using System.Buffers.Binary;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Regions;

/// <summary>A hub of lanes of which parts were written over: what is whole goes on.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MutilatedLanes : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;

    public MutilatedLanes() => _topic = Topic.OpenOrCreate(
        _directory.File("t"), new TopicOptions { Capacity = Environment.SystemPageSize, Publishers = 3, Lanes = true });

    public void Dispose()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Lanes_that_are_not_there_hinder_nobody_who_looks_on()
    {
        using Publisher publisher = _topic.CreatePublisher();
        publisher.Publish("here"u8);
        ClaimAllLanes();
        Assert.That(_topic.Inspect().PublishedBytes, Is.EqualTo(32));
    }

    [Test]
    public void A_lane_that_is_not_there_is_told_once_and_the_others_are_read_on()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        ClaimAllLanes();
        publisher.Publish("here"u8);
        int told = Until(subscriber, "here"u8.ToArray(), typeof(NotFoundErrnoException));
        Assert.That(told, Is.LessThanOrEqualTo(2));
    }

    [Test]
    public void A_lane_that_is_corrupt_before_it_is_opened_takes_no_other_with_it()
    {
        using Publisher first = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        first.Publish("one"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("one"u8), Is.True, "the scene: the first lane is being read");
        using Publisher second = _topic.CreatePublisher();
        HeaderFile.Write(_topic.Path + ".lane1", RegionDescriptor.TailOffset, new byte[512]);
        first.Publish("two"u8);
        Until(subscriber, "two"u8.ToArray(), typeof(RingCorruptException));
        first.Publish("three"u8);
        Assert.That(subscriber.Read().Payload.SequenceEqual("three"u8), Is.True);
    }

    [TestCase(RegionDescriptor.ProducersOffset, 1)]
    [TestCase(RegionDescriptor.ProducersOffset, 2)]
    [TestCase(RegionDescriptor.DeliveryOffset, 1)]
    [TestCase(RegionDescriptor.DeliveryOffset, 2)]
    [TestCase(RegionDescriptor.OverflowOffset, 1)]
    [TestCase(RegionDescriptor.EvictionLagOffset, 2048)]
    [TestCase(RegionDescriptor.LaneCapacityOffset, 4096)]
    public void A_lane_of_another_kind_than_this_topic_makes_is_refused(int offset, int value)
    {
        _topic.CreatePublisher().Dispose();
        string lane = _topic.Path + ".lane0";
        byte[] header = File.ReadAllBytes(lane)[..RegionDescriptor.HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(offset), value);
        HeaderFile.Write(lane, 0, HeaderFile.Seal(header));
        Assert.That(() => _topic.CreatePublisher().Dispose(), Throws.TypeOf<RegionFormatException>().With.Message.Contains("lane"));
        Assert.That(() => _topic.CreateSubscriber().Dispose(), Throws.TypeOf<RegionFormatException>().With.Message.Contains("lane"));
    }

    [Test]
    public void A_lane_with_holes_can_be_looked_at()
    {
        using (Publisher publisher = _topic.CreatePublisher())
        {
            publisher.Publish("here"u8);
        }
        string lane = _topic.Path + ".lane0";
        long size = new FileInfo(lane).Length;
        HeaderFile.Truncate(lane, size - Environment.SystemPageSize);
        HeaderFile.Truncate(lane, size);
        Assert.That(_topic.Inspect().PublishedBytes, Is.EqualTo(32));
    }

    private void ClaimAllLanes() => HeaderFile.Write(_topic.Path!, RegionDescriptor.LanesOffset, [255, 255, 255, 255, 255, 255, 255, 255]);

    /// <summary>Reads until this message comes; how often it was told of something else.</summary>
    private static int Until(Subscriber subscriber, byte[] expected, Type refusal)
    {
        for (int told = 0; ; )
        {
            try
            {
                Assert.That(subscriber.Read().Payload.SequenceEqual(expected), Is.True);
                return told;
            }
            catch (Exception exception) when (exception.GetType() == refusal)
            {
                told++;
            }
        }
    }
}
