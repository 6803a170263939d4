using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Rings;

/// <summary>
/// The bytes of a file against the numbers of LAYOUT.md, which are written out here: a change of the constants in the code must
/// fail. One publisher slot, one subscriber slot, a capacity of one page.
/// </summary>
internal sealed class LayoutTests
{
    private static readonly int Page = Environment.SystemPageSize;

    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private byte[] _bytes = [];

    private static int PublisherSlot => Page;

    private static int SubscriberSlot => Page + 512;

    private static int Data => 2 * Page;

    private ulong Key => U64(80);

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _topic = Topic.OpenOrCreate(_directory.File("topic"), new TopicOptions { Capacity = Page });
    }

    [TearDown]
    public void TearDown()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void A_new_region_holds_a_header_and_cursors_at_the_capacity()
    {
        Load();
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        Assert.Multiple(() =>
        {
            Assert.That(_bytes, Has.Length.EqualTo(3 * Page));
            Assert.That(_bytes.AsSpan(0, 8).SequenceEqual("SHMBUS\r\n"u8), Is.True, "magic");
            Assert.That(U64(0), Is.EqualTo(0x0A0D5355424D4853), "magic");
            Assert.That(U16(8), Is.EqualTo(1), "major version");
            Assert.That(U16(10), Is.EqualTo(2), "minor version");
            Assert.That(U32(12), Is.EqualTo(512), "header size");
            Assert.That(U64(16), Is.Zero, "required features");
            Assert.That(U64(24), Is.Zero, "optional features");
            Assert.That(U32(32), Is.EqualTo(Page), "page size");
            Assert.That(U32(36), Is.EqualTo(512), "slot size");
            Assert.That(U32(40), Is.EqualTo(1), "publisher slots");
            Assert.That(U32(44), Is.EqualTo(1), "subscriber slots");
            Assert.That(U64(48), Is.EqualTo(Page), "table offset");
            Assert.That(U64(56), Is.EqualTo(2 * Page), "data offset");
            Assert.That(U64(64), Is.EqualTo(Page), "capacity");
            Assert.That(U64(72), Is.EqualTo(3 * Page), "region size");
            Assert.That(U64(80), Is.Not.Zero, "key");
            Assert.That(U32(88), Is.Zero, "producers");
            Assert.That(U32(92), Is.Zero, "delivery");
            Assert.That(U32(96), Is.Zero, "overflow");
            Assert.That((long)U64(104), Is.InRange(now - 600_000_000_000, now), "created at");
            Assert.That(_bytes[112..508], Is.All.Zero, "reserved");
            Assert.That(U32(508), Is.EqualTo(Crc32C(_bytes.AsSpan(0, 508))), "checksum");

            Assert.That(U64(512), Is.EqualTo(Page), "tail");
            Assert.That(U64(640), Is.EqualTo(Page), "sharedGate");
            Assert.That(U64(768), Is.Zero, "parked subscribers");
            Assert.That(U64(776), Is.Zero, "parked publishers");
            Assert.That(U64(896), Is.Zero, "corrupt");
            Assert.That(_bytes[PublisherSlot..SubscriberSlot], Is.All.Zero, "publisher slot");
            Assert.That(U64(SubscriberSlot), Is.EqualTo(Page), "gate");
            Assert.That(U64(SubscriberSlot + 128), Is.EqualTo(Page), "resume");
            Assert.That(U32(SubscriberSlot + 384), Is.Zero, "state");
            Assert.That(_bytes[Data..], Is.All.Zero, "data");
        });
    }

    [Test]
    public void The_checksum_is_CRC_32C() => Assert.That(Crc32C("123456789"u8), Is.EqualTo(0xE3069283));

    [Test]
    public void Records_stand_as_described()
    {
        using Publisher publisher = PublishOneOfEach();
        Load();
        Assert.Multiple(() =>
        {
            Assert.That(U64(512), Is.EqualTo(Page + 256), "tail");
            Assert.That(U64(640), Is.EqualTo(Page), "sharedGate");
            Assert.That(U64(PublisherSlot), Is.EqualTo(Page + 208), "intent");

            // 5 bytes: extent 32.
            Assert.That(U64(Data), Is.EqualTo(Stamp(Page, kind: 1)), "message");
            Assert.That(U32(Data + 8), Is.EqualTo(5), "length");
            Assert.That(U32(Data + 12), Is.EqualTo(7), "type");
            Assert.That(_bytes.AsSpan(Data + 16, 5).SequenceEqual("Hello"u8), Is.True, "payload");

            // 3 of 100 bytes: extent 128, the true length in its last 8 bytes.
            Assert.That(U64(Data + 32), Is.EqualTo(Stamp(Page + 32, kind: 4)), "short");
            Assert.That(U32(Data + 40), Is.EqualTo(100), "claimed length");
            Assert.That(U32(Data + 44), Is.EqualTo(0x80000001), "type");
            Assert.That(_bytes.AsSpan(Data + 48, 3).SequenceEqual("abc"u8), Is.True, "payload");
            Assert.That(U64(Data + 32 + 128 - 8), Is.EqualTo(3), "true length");

            // 20 bytes given up: extent 48.
            Assert.That(U64(Data + 160), Is.EqualTo(Stamp(Page + 160, kind: 2)), "aborted");
            Assert.That(U32(Data + 168), Is.EqualTo(20), "claimed length");

            // 25 of 30 bytes: extent 48 both, so it is an ordinary message.
            Assert.That(U64(Data + 208), Is.EqualTo(Stamp(Page + 208, kind: 1)), "message");
            Assert.That(U32(Data + 216), Is.EqualTo(25), "length");
            Assert.That(_bytes[(Data + 256)..], Is.All.Zero, "nothing behind the tail");
        });
    }

    [Test]
    public void Batch_and_the_place_within_it_stand_as_described()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        MessageBatch batch = new();
        batch.Add("abc"u8, 9);
        batch.Add("12345678"u8);
        publisher.Publish(batch);
        subscriber.Read();
        subscriber.Complete();
        Load();
        Assert.Multiple(() =>
        {
            Assert.That(U64(Data), Is.EqualTo(Stamp(Page, kind: 3)), "batch");
            Assert.That(U32(Data + 8), Is.EqualTo(32), "length");
            Assert.That(U32(Data + 12), Is.Zero, "type");
            Assert.That((U32(Data + 16), U32(Data + 20)), Is.EqualTo((3u, 9u)), "length and type of the first");
            Assert.That(_bytes.AsSpan(Data + 24, 3).SequenceEqual("abc"u8), Is.True, "payload of the first");
            Assert.That((U32(Data + 32), U32(Data + 36)), Is.EqualTo((8u, 0u)), "length and type of the second");
            Assert.That(_bytes.AsSpan(Data + 40, 8).SequenceEqual("12345678"u8), Is.True, "payload of the second");
            Assert.That(U64(512), Is.EqualTo(Page + 48), "tail");
            Assert.That(U64(SubscriberSlot + 128), Is.EqualTo(Page), "resume");
            Assert.That(U64(SubscriberSlot + 136), Is.EqualTo(Page + 32), "within");
        });
    }

    [Test]
    public void Extras_stand_as_described()
    {
        using Publisher publisher = _topic.CreatePublisher();
        MessageExtras all = new()
        {
            Timestamp = DateTimeOffset.UnixEpoch.AddTicks(12_345),
            CorrelationId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            TraceContext = new TraceContext(UInt128.Parse("0af7651916cd43dd8448eb211c80319c", NumberStyles.HexNumber, null), 0xb7ad6b7169203331, ActivityTraceFlags.Recorded),
            TraceState = "vendor=1",
        };
        publisher.Publish("Hello"u8, 7, all);
        Assert.That(publisher.TryClaim(100, 8, new MessageExtras { CorrelationId = all.CorrelationId }, out Claim shorter), Is.True);
        "abc"u8.CopyTo(shorter.Payload);
        shorter.Commit(3);
        Load();
        Assert.Multiple(() =>
        {
            // A block of 8 + 8 + 16 + 32 + 16 bytes and 5 of payload: extent 112.
            Assert.That(U64(Data), Is.EqualTo(Stamp(Page, kind: 5)), "extended");
            Assert.That((U32(Data + 8), U32(Data + 12)), Is.EqualTo((85u, 7u)), "length of both, and type");
            Assert.That((U16(Data + 16), U16(Data + 18)), Is.EqualTo((80, 15)), "size and fields");
            Assert.That(U32(Data + 20), Is.EqualTo(5), "true length");
            Assert.That(U64(Data + 24), Is.EqualTo(1_234_500), "timestamp");
            Assert.That(Hex(Data + 32, 16), Is.EqualTo("00112233445566778899aabbccddeeff"), "correlation id");
            Assert.That(Hex(Data + 48, 32), Is.EqualTo("0af7651916cd43dd8448eb211c80319c" + "b7ad6b7169203331" + "01" + "00000000000000"), "trace context");
            Assert.That(U16(Data + 80), Is.EqualTo(8), "length of the trace state");
            Assert.That(_bytes.AsSpan(Data + 82, 14).SequenceEqual("vendor=1\0\0\0\0\0\0"u8), Is.True, "trace state");
            Assert.That(_bytes.AsSpan(Data + 96, 5).SequenceEqual("Hello"u8), Is.True, "payload");

            // 3 of 100 bytes behind a block of 8 + 16: extent 144, of the claim.
            Assert.That(U64(Data + 112), Is.EqualTo(Stamp(Page + 112, kind: 5)), "extended");
            Assert.That((U32(Data + 120), U32(Data + 124)), Is.EqualTo((124u, 8u)), "claimed length, and type");
            Assert.That((U16(Data + 128), U16(Data + 130), U32(Data + 132)), Is.EqualTo((24, 2, 3u)), "size, fields and true length");
            Assert.That(Hex(Data + 136, 16), Is.EqualTo("00112233445566778899aabbccddeeff"), "correlation id");
            Assert.That(_bytes.AsSpan(Data + 152, 3).SequenceEqual("abc"u8), Is.True, "payload");
            Assert.That(U64(512), Is.EqualTo(Page + 112 + 144), "tail");
        });
    }

    [Test]
    public void Hub_and_lane_stand_as_described()
    {
        Recreate(new TopicOptions { Capacity = 2 * Page, Publishers = 3, Lanes = true });
        using Publisher publisher = _topic.CreatePublisher();
        Load();
        ulong key = Key;
        Assert.Multiple(() =>
        {
            Assert.That((U32(40), U64(64)), Is.EqualTo((3u, (ulong)Page)), "slots and capacity of the hub");
            Assert.That(U32(88), Is.EqualTo(2), "producers");
            Assert.That((U64(112), U64(120)), Is.EqualTo((2 * (ulong)Page, 0ul)), "lane capacity and hub key of the hub");
            Assert.That(U64(904), Is.EqualTo(1), "lanes");
        });
        _bytes = File.ReadAllBytes(_topic.Path! + ".lane0");
        Assert.Multiple(() =>
        {
            Assert.That((U32(40), U64(64)), Is.EqualTo((1u, 2 * (ulong)Page)), "slots and capacity of the lane");
            Assert.That(U32(88), Is.Zero, "producers");
            Assert.That((U64(112), U64(120)), Is.EqualTo((0ul, key)), "lane capacity and hub key of the lane");
        });
    }

    [Test]
    public void Broadcast_and_a_kept_place_stand_as_described()
    {
        Recreate(new TopicOptions { Capacity = Page, Delivery = Delivery.Broadcast, Subscribers = 3, EvictionLag = Page / 2 });
        using Publisher publisher = _topic.CreatePublisher();
        publisher.Publish("Hello"u8);
        using Subscriber first = _topic.CreateSubscriber();
        int second = SubscriberSlot + 512;
        using (_topic.CreateSubscriber(place: "billing"))
        {
            Load();
            Assert.Multiple(() =>
            {
                Assert.That((U32(44), U64(128)), Is.EqualTo((3u, (ulong)Page / 2)), "subscriber slots, eviction lag");
                Assert.That((U32(88), U32(92), U32(96)), Is.EqualTo((0u, 1u, 0u)), "producers, delivery, overflow");
                Assert.That(_bytes[136..508], Is.All.Zero, "reserved");
                Assert.That(U64(640), Is.EqualTo(Page), "sharedGate");
                Assert.That((U64(SubscriberSlot), U64(SubscriberSlot + 128)), Is.EqualTo(((ulong)Page + 32, (ulong)Page + 32)), "gate, resume: at the end");
                Assert.That(_bytes[(SubscriberSlot + 192)..(SubscriberSlot + 256)], Is.All.Zero, "no place name");
                Assert.That(U32(SubscriberSlot + 396), Is.Zero, "not kept");
                Assert.That(Encoding.UTF8.GetString(_bytes, second + 192, 64), Is.EqualTo("billing".PadRight(64, '\0')), "place name");
                Assert.That(U32(second + 396), Is.EqualTo(1), "kept");
                Assert.That((U32(second + 384), U32(second + 388)), Is.EqualTo((2u, 1u)), "state, generation");
            });
        }
        for (int i = 0; i < Page / 32; i++)
        {
            publisher.Publish("Hello"u8);
        }
        Load();
        Assert.Multiple(() =>
        {
            Assert.That((U32(SubscriberSlot + 384), U32(second + 384)), Is.EqualTo((3u, 3u)), "both were evicted, the kept place too");
            Assert.That((U32(SubscriberSlot + 388), U32(second + 388)), Is.EqualTo((1u, 1u)), "of the same generation");
            Assert.That(U64(second + 128), Is.EqualTo(Page + 32), "resume");
        });
        using Subscriber successor = _topic.CreateSubscriber(place: "billing");
        Load();
        Assert.Multiple(() =>
        {
            Assert.That((U32(second + 384), U32(second + 388)), Is.EqualTo((2u, 2u)), "state, generation");
            Assert.That(U64(second + 144), Is.EqualTo(U64(second + 128) - (ulong)(Page + 32)), "missed bytes");
            Assert.That(U64(second + 128), Is.EqualTo(U64(512) - (ulong)Page / 4), "resume: half of the eviction lag below the tail");
        });
    }

    [Test]
    public void Overwriting_topic_says_so()
    {
        Recreate(new TopicOptions { Capacity = Page, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite });
        Load();
        Assert.That((U32(44), U32(92), U32(96), U64(128)), Is.EqualTo((8u, 1u, 1u, 0ul)), "subscriber slots, delivery, overflow, eviction lag");
    }

    [Test]
    public void Byte_of_a_name_is_locked_while_its_owner_lives()
    {
        // The 64-bit FNV-1a hash of 'billing' is 0x4005570295AFD25C; an eighth of it behind 2 to the 62nd.
        const long billing = 0x4800AAE0_52B5FA4B;
        Recreate(new TopicOptions { Capacity = Page, Delivery = Delivery.Broadcast });
        using (_topic.CreateSubscriber(place: "billing"))
        {
            Assert.Multiple(() =>
            {
                Assert.That(IsLocked(billing), Is.True);
                Assert.That(IsLocked(billing - 1), Is.False);
                Assert.That(IsLocked(billing + 1), Is.False);
            });
        }
        Assert.That(IsLocked(billing), Is.False);
    }

    [Test]
    public void Slots_stand_as_described()
    {
        using Publisher publisher = PublishOneOfEach();
        using Subscriber subscriber = _topic.CreateSubscriber();
        Load();
        Assert.Multiple(() =>
        {
            ExpectOwner(PublisherSlot);
            ExpectOwner(SubscriberSlot);
            Assert.That(U64(SubscriberSlot), Is.EqualTo(Page), "gate");
            Assert.That(U64(SubscriberSlot + 128), Is.EqualTo(Page), "resume");
        });

        Assert.That(subscriber.TryRead(out _), Is.True);
        Assert.That(subscriber.TryRead(out _), Is.True);
        Load();
        Assert.Multiple(() =>
        {
            Assert.That(U64(SubscriberSlot), Is.EqualTo(Page), "gate lags behind");
            Assert.That(U64(SubscriberSlot + 128), Is.EqualTo(Page + 32), "resume");
        });

        Assert.That(subscriber.TryRead(out _), Is.True);
        Assert.That(subscriber.TryRead(out _), Is.False);
        subscriber.Dispose();
        publisher.Dispose();
        Load();
        Assert.Multiple(() =>
        {
            Assert.That(U64(SubscriberSlot), Is.EqualTo(Page + 256), "gate");
            Assert.That(U64(SubscriberSlot + 128), Is.EqualTo(Page + 256), "resume");
            Assert.That(U32(SubscriberSlot + 384), Is.Zero, "state");
            Assert.That(U64(SubscriberSlot + 408), Is.EqualTo(3), "messages");
            Assert.That(U64(SubscriberSlot + 416), Is.Zero, "losses");
            Assert.That(U64(SubscriberSlot + 424), Is.Zero, "lost bytes");
            Assert.That(U32(PublisherSlot + 384), Is.Zero, "state");
            Assert.That(U64(PublisherSlot + 408), Is.EqualTo(3), "messages");
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public void The_first_byte_of_a_slot_is_locked_while_its_owner_lives(bool publishes)
    {
        int slot = publishes ? PublisherSlot : SubscriberSlot;
        Assert.That(IsLocked(slot), Is.False);
        using (publishes ? (Endpoint)_topic.CreatePublisher() : _topic.CreateSubscriber())
        {
            Assert.Multiple(() =>
            {
                Assert.That(IsLocked(slot), Is.True);
                Assert.That(IsLocked(slot - 1), Is.False);
                Assert.That(IsLocked(slot + 1), Is.False);
            });
        }
        Assert.That(IsLocked(slot), Is.False);
    }

    [Test]
    public void A_contract_stands_in_two_halves_by_turns()
    {
        Load();
        Assert.That(_bytes.AsSpan(1024, Page - 1024).ContainsAnyExcept((byte)0), Is.False, "nobody has come");
        ExpectContract(1024, 1, "test App.T T{0:i32!}");
        ExpectContract(2560, 2, "test App.T T{0:i32!,1:str}");
        ExpectContract(1024, 3, "test App.T T{0:i32!,1:str,2:[T]}");
        byte[] before = _bytes;
        ExpectContract(1024, 3, "test App.T T{0:i32!,1:str,2:[T]}");
        Assert.That(_bytes, Is.EqualTo(before), "nothing was to be added");
    }

    private void ExpectContract(int half, uint generation, string contract)
    {
        Assert.That(MessageContract.TryParse(contract, out MessageContract? parsed));
        _topic.AgreeOn(parsed!);
        Load();
        int length = (int)U32(half + 4);
        byte[] text = new byte[16_384];
        Assert.Multiple(() =>
        {
            Assert.That(U32(half), Is.EqualTo(Crc32C(_bytes.AsSpan(half + 4, 8 + length))), "checksum");
            Assert.That(U32(half + 8), Is.EqualTo(generation), "generation");
            Assert.That(length, Is.InRange(1, 1524), "length");
            Assert.That(BrotliDecoder.TryDecompress(_bytes.AsSpan(half + 12, length), text, out int written));
            Assert.That(Encoding.UTF8.GetString(text, 0, written), Is.EqualTo(contract));
        });
    }

    private Publisher PublishOneOfEach()
    {
        Publisher publisher = _topic.CreatePublisher();
        publisher.Publish("Hello"u8, 7);
        Assert.That(publisher.TryClaim(100, 0x80000001, out Claim shorter), Is.True);
        "abc"u8.CopyTo(shorter.Payload);
        shorter.Commit(3);
        Assert.That(publisher.TryClaim(20, out Claim aborted), Is.True);
        aborted.Dispose();
        Assert.That(publisher.TryClaim(30, out Claim little), Is.True);
        little.Payload.Clear();
        little.Commit(25);
        return publisher;
    }

    private void ExpectOwner(int slot)
    {
        Assert.That(U32(slot + 256) % 2, Is.Zero, "parked: awake");
        Assert.That(U32(slot + 384), Is.EqualTo(2), "state");
        Assert.That(U32(slot + 388), Is.EqualTo(1), "generation");
        Assert.That(U32(slot + 392), Is.EqualTo(Environment.ProcessId), "process id");
        Assert.That(U64(slot + 400), Is.GreaterThanOrEqualTo(U64(104)), "joined at");
        string name = Encoding.UTF8.GetString(_bytes, slot + 432, 80).TrimEnd('\0');
        Assert.That(name, Is.EqualTo(Path.GetFileName(Environment.ProcessPath)), "name");
    }

    private void Recreate(TopicOptions options)
    {
        _topic.Dispose();
        File.Delete(_directory.File("topic"));
        _topic = Topic.OpenOrCreate(_directory.File("topic"), options);
    }

    private bool IsLocked(long offset)
    {
        using SafeFileHandle own = Libc.Open(_topic.Path!, Libc.O_RDWR);
        return Libc.IsByteLocked(own, offset);
    }

    private void Load() => _bytes = File.ReadAllBytes(_topic.Path!);

    private ulong Stamp(int position, uint kind) => (((ulong)position ^ Key) & ~15UL) | kind;

    private ushort U16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));

    private string Hex(int offset, int count) => Convert.ToHexStringLower(_bytes, offset, count);

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
            }
        }
        return ~crc;
    }
}
