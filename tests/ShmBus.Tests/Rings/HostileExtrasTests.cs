using System.Text;
using FsCheck.Fluent;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.Tests.Support;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace ShmBus.Tests.Rings;

/// <summary>Blocks of extras that a peer can write which knows the key: refused, or within their record whatever is asked of them.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed unsafe class HostileExtrasTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;
    private readonly Region _region;
    private readonly RingMemory _memory;

    public HostileExtrasTests()
    {
        _topic = Topic.OpenOrCreate(_directory.File("t"), new TopicOptions { Capacity = Environment.SystemPageSize });
        using RegionFile file = RegionFile.Open(_topic.Path!, RegionOptions.Default, readOnly: false);
        _region = Region.Map(file, RegionOptions.Default, readOnly: false);
        _memory = new RingMemory(_region.Address, _region.Geometry, file.Header.Key);
    }

    public void Dispose()
    {
        _region.Close();
        _region.Unmap();
        _topic.Dispose();
        _directory.Dispose();
    }

    [TestCase(7u, 8, 0, 0u, 0, "length 7")]
    [TestCase(0u, 0, 0, 0u, 0, "length 0")]
    [TestCase(100u, 0, 0, 0u, 0, "size 0")]
    [TestCase(100u, 4, 0, 0u, 0, "size 4")]
    [TestCase(100u, 12, 0, 0u, 0, "size 12")]
    [TestCase(100u, 104, 0, 0u, 0, "size 104")]
    [TestCase(100u, 65528, 0, 0u, 0, "size 65528")]
    [TestCase(100u, 8, 0, 93u, 0, "payload of 93")]
    [TestCase(100u, 8, 0, uint.MaxValue, 0, "payload of 4294967295")]
    [TestCase(100u, 8, 1, 0u, 0, "(Timestamp) take up 16")]
    [TestCase(100u, 16, 2, 0u, 0, "(CorrelationId) take up 24")]
    [TestCase(100u, 32, 4, 0u, 0, "(TraceContext) take up 40")]
    [TestCase(100u, 56, 7, 0u, 0, "take up 64")]
    [TestCase(100u, 8, 8, 0u, 0, "(TraceState) take up 10")]
    [TestCase(100u, 16, 8, 0u, 7, "(TraceState) take up 17")]
    [TestCase(100u, 16, 8, 0u, 65535, "(TraceState) take up 65545")]
    [TestCase(100u, 64, 15, 0u, 0, "take up 66")]
    public void A_size_that_does_not_fit_is_corrupt(uint length, int size, int fields, uint payload, int traceState, string reason)
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        WriteRecord(length, size, fields, payload, traceState);
        RingCorruptException exception = Assert.Throws<RingCorruptException>(() => subscriber.TryRead(out _));
        Assert.That(exception.Position, Is.EqualTo(_topic.Capacity));
        Assert.That(exception.Reason, Does.Contain(reason));
        Assert.Throws<RingCorruptException>(() => subscriber.TryRead(out _), "from then on");
        Assert.That(_topic.Inspect().CorruptAt, Is.EqualTo(_topic.Capacity));
    }

    [Test]
    public void Record_longer_than_a_message_may_be_is_corrupt()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        WriteRecord((uint)_topic.MaxMessageLength + 1, 8, 0, 0, 0);
        Assert.Throws<RingCorruptException>(() => subscriber.Poll(static _ => { }));
    }

    [Test]
    public void What_a_newer_version_appends_is_passed_by()
    {
        using Subscriber subscriber = _topic.CreateSubscriber();
        WriteRecord(100, size: 48, fields: 0xFFF1, payload: 10, traceState: 0);
        Message message = subscriber.Read();
        Assert.That(message.Timestamp, Is.Not.Null);
        Assert.That((message.CorrelationId, message.TraceContext), Is.EqualTo(((Guid?)null, (TraceContext?)null)));
        Assert.That(message.Payload.Length, Is.EqualTo(10));
        Assert.That(message.Payload[0], Is.EqualTo(48), "behind the whole block");
    }

    /// <summary>Whatever the sizes are: refused, or all that can be asked for lies in the record.</summary>
    [Property(MaxTest = 2000)]
    public FsCheck.Property Any_block_is_refused_or_lies_within_its_record() => Prop.ForAll(
        (from length in Gen.Choose(0, 200)
         from size in Gen.OneOf(Gen.Choose(0, 26).Select(static units => units * 8), Gen.Choose(0, ushort.MaxValue))
         from fields in Gen.OneOf(Gen.Choose(0, 15), Gen.Choose(0, ushort.MaxValue))
         from payload in Gen.OneOf(Gen.Choose(0, 200), Gen.Choose(int.MinValue, int.MaxValue))
         from traceState in Gen.OneOf(Gen.Choose(0, 100), Gen.Choose(0, ushort.MaxValue))
         select (length, size, fields, payload, traceState)).ToArbitrary(),
        lie =>
        {
            byte[] bytes = new byte[lie.length];
            FillBlock(bytes, lie.size, lie.fields, (uint)lie.payload, lie.traceState);
            fixed (byte* at = new byte[lie.length + 64])
            {
                new Span<byte>(at, lie.length + 64).Fill(0xFF);
                bytes.CopyTo(new Span<byte>(at, lie.length));
                return IsRefusedOrWithin(at, (uint)lie.length);
            }
        });

    [Test]
    public void Block_that_is_written_over_in_hand_still_lies_within_its_record()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        publisher.Publish("payload"u8, 0, new MessageExtras { CorrelationId = Guid.NewGuid(), TraceState = "vendor=1" });
        Message message = subscriber.Read();
        // Every field, and a trace state to the end of all numbers.
        new Span<byte>(At(_memory.Capacity) + RecordDescriptor.HeaderSize, 8 + 16 + 2).Fill(0xFF);
        Assert.That((message.Timestamp, message.TraceContext), Is.EqualTo(((DateTimeOffset?)null, (TraceContext?)null)));
        Assert.That(message.CorrelationId, Is.EqualTo(Guid.AllBitsSet));
        Assert.That(Encoding.ASCII.GetString(message.TraceState), Is.EqualTo("vendor=1"));
        Assert.That(message.Payload.SequenceEqual("payload"u8), Is.True);
    }

    [Test]
    public void Any_time_can_be_read([Values(long.MinValue, -1L, 0L, long.MaxValue)] long nanoseconds)
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        publisher.Publish([], 0, new MessageExtras { Timestamp = DateTimeOffset.UnixEpoch });
        Message message = subscriber.Read();
        *(long*)(At(_memory.Capacity) + RecordDescriptor.HeaderSize + ExtrasBlock.HeadSize) = nanoseconds;
        Assert.That((message.Timestamp!.Value - DateTimeOffset.UnixEpoch).Ticks, Is.EqualTo(nanoseconds / 100));
    }

    private byte* At(ulong position) => _memory.Data + (position & _memory.Capacity - 1);

    private static bool IsRefusedOrWithin(byte* at, uint length)
    {
        try
        {
            ExtrasBlock block = ExtrasBlock.Read(at, length, 0, out uint payload);
            return block.Size >= ExtrasBlock.HeadSize && block.Size + payload <= length &&
                IsWithin(block, ExtrasFields.Timestamp, sizeof(long)) && IsWithin(block, ExtrasFields.CorrelationId, 16) && IsWithin(block, ExtrasFields.TraceContext, 32) &&
                IsWithin(block, ExtrasFields.TraceState, ExtrasBlock.TraceStateHeadSize + block.TraceStateLength);
        }
        catch (RingCorruptException)
        {
            return true;
        }
    }

    private static bool IsWithin(ExtrasBlock block, ExtrasFields field, int size) => !block.Has(field) || block.OffsetOf(field) + size <= block.Size;

    /// <summary>A record with the right stamp; its bytes count up, the block aside.</summary>
    private void WriteRecord(uint length, int size, int fields, uint payload, int traceState)
    {
        byte* record = At(_memory.Capacity);
        *(ulong*)(record + RecordDescriptor.LengthOffset) = RecordDescriptor.LengthAndType(length, 0);
        Span<byte> rest = new(record + RecordDescriptor.HeaderSize, 128);
        FillBlock(rest, size, fields, payload, traceState);
        *(ulong*)record = RecordDescriptor.BareStamp(_memory.Capacity, _memory.Key) | (ulong)RecordKind.Extended;
        *_memory.Tail = _memory.Capacity + RecordDescriptor.Extent(Math.Min(length, (uint)_topic.MaxMessageLength));
    }

    private static void FillBlock(Span<byte> bytes, int size, int fields, uint payload, int traceState)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)i;
        }
        BitConverter.TryWriteBytes(bytes, (ushort)size);
        BitConverter.TryWriteBytes(bytes.Length < 4 ? [] : bytes[2..], (ushort)fields);
        BitConverter.TryWriteBytes(bytes.Length < 8 ? [] : bytes[4..], payload);
        int end = 8 + 8 * (fields & 7);
        BitConverter.TryWriteBytes(bytes.Length < end + 2 ? [] : bytes[end..], (ushort)traceState);
    }
}
