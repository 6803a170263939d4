using System.Buffers.Binary;
using ShmBus.Regions;
using ShmBus.Tests.Support;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Tests.Regions;

/// <summary>Files of the right size whose header says what this library cannot go by.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RefusedHeaders : IDisposable
{
    private static readonly int Page = Environment.SystemPageSize;
    private static readonly TopicOptions Options = new() { Capacity = Page };

    private readonly TestDirectory _directory = new();

    private string Path => _directory.File("t");

    public void Dispose() => _directory.Dispose();

    [Test]
    public void The_checksum_is_CRC_32C()
    {
        Assert.That(HeaderFile.Checksum("123456789"u8), Is.EqualTo(0xE3069283), "the published check value");
        byte[] header = HeaderFile.Valid(Page);
        Assert.That(HeaderFile.Seal([.. header]), Is.EqualTo(header));
    }

    [Test]
    public void No_bit_of_the_header_can_be_flipped_unnoticed()
    {
        Topic.OpenOrCreate(Path, Options).Dispose();
        byte[] header = File.ReadAllBytes(Path)[..HeaderSize];
        for (int bit = 0; bit < HeaderSize * 8; bit++)
        {
            HeaderFile.Write(Path, bit / 8, [(byte)(header[bit / 8] ^ 1 << bit % 8)]);
            Assert.That(() => Topic.Open(Path).Dispose(), Throws.InstanceOf<RegionException>(), $"bit {bit % 8} of byte {bit / 8}");
            HeaderFile.Write(Path, bit / 8, [header[bit / 8]]);
        }
        Topic.Open(Path).Dispose();
    }

    [Test]
    public void Garbage_of_any_length_is_refused([Values(1, 511, 512, 513, 4096, 12288, 300_000)] int length, [Values(1, 2, 3)] int seed)
    {
        byte[] garbage = new byte[length];
        new Random(seed).NextBytes(garbage);
        File.WriteAllBytes(Path, garbage);
        File.SetUnixFileMode(Path, RegionOptions.OwnerOnly);
        Assert.That(() => Topic.Open(Path).Dispose(), Throws.InstanceOf<RegionException>());
        Assert.That(() => Topic.OpenOrCreate(Path).Dispose(), Throws.InstanceOf<RegionException>());
        Assert.That(File.ReadAllBytes(Path), Is.EqualTo(garbage), "and left as it is");
    }

    [Test]
    public void What_is_no_region_at_all_is_told_by_its_first_bytes()
    {
        File.WriteAllText(Path, new string('#', 100_000));
        File.SetUnixFileMode(Path, RegionOptions.OwnerOnly);
        Expect<RegionFormatException>("0x2323232323232323", "0x0a0d5355424d4853");
    }

    [Test]
    public void Another_major_version_is_refused_and_named()
    {
        Spoil(header => BinaryPrimitives.WriteUInt16LittleEndian(header[MajorVersionOffset..], 2));
        Expect<RegionVersionException>("layout version 2", "reads 1");
    }

    [Test]
    public void Another_major_version_is_told_before_anything_whose_place_may_have_changed()
    {
        Spoil(header =>
        {
            header[16..].Fill(0xEE);
            BinaryPrimitives.WriteUInt16LittleEndian(header[MajorVersionOffset..], 9);
        }, seal: false);
        Expect<RegionVersionException>("layout version 9");
    }

    [Test]
    public void Another_minor_version_and_optional_features_will_do()
    {
        Spoil(header =>
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[MinorVersionOffset..], 7);
            BinaryPrimitives.WriteUInt64LittleEndian(header[OptionalFeaturesOffset..], ulong.MaxValue);
            header[400] = 1;
        });
        Topic.Open(Path).Dispose();
    }

    [Test]
    public void A_feature_that_is_required_and_unknown_is_refused_and_named()
    {
        Spoil(header => BinaryPrimitives.WriteUInt64LittleEndian(header[RequiredFeaturesOffset..], 1UL << 63 | 4));
        Expect<RegionVersionException>("features 0x8000000000000004");
    }

    [Test]
    public void Another_page_size_is_refused_and_named()
    {
        int other = Page == 4096 ? 16384 : 4096;
        Spoil(header => BinaryPrimitives.WriteUInt32LittleEndian(header[PageSizeOffset..], (uint)other));
        Expect<RegionPageSizeException>($"pages of {other}", $"pages of {Page}");
    }

    [Test]
    public void A_wrong_checksum_is_refused_and_named()
    {
        Spoil(header => BinaryPrimitives.WriteUInt32LittleEndian(header[ChecksumOffset..], 0xDEADBEEF), seal: false);
        Expect<RegionFormatException>("checksum is 0xdeadbeef", "bytes give");
    }

    [Test]
    public void A_topic_of_another_kind_is_refused_and_named([Values(ProducersOffset, DeliveryOffset, OverflowOffset)] int field)
    {
        Spoil(header => BinaryPrimitives.WriteUInt32LittleEndian(header[field..], 77));
        Expect<RegionVersionException>("another kind", "77");
    }

    [Test]
    public void Another_capacity_than_asked_for_is_told_where_one_is_asked_for()
    {
        Topic.OpenOrCreate(Path, Options).Dispose();
        TopicMismatchException refusal = Assert.Throws<TopicMismatchException>(() => Topic.OpenOrCreate(Path, Options with { Capacity = 2 * Page }).Dispose())!;
        Assert.That(refusal.Option, Is.EqualTo(nameof(TopicOptions.Capacity)));
        Assert.That(refusal.Message, Does.Contain($"Capacity {Page};").And.Contain($"{2 * Page} was asked for").And.Contain(Path));
        using Topic topic = Topic.Open(Path, Options with { Capacity = 2 * Page });
        Assert.That(topic.Capacity, Is.EqualTo(Page));
    }

    [Test]
    public void A_header_that_changes_after_it_was_opened_makes_no_endpoint()
    {
        using Topic topic = Topic.OpenOrCreate(Path, Options);
        Spoil(header => BinaryPrimitives.WriteUInt32LittleEndian(header[DeliveryOffset..], 1));
        Assert.That(() => topic.CreatePublisher().Dispose(), Throws.InstanceOf<RegionException>());
        Assert.That(() => topic.CreateSubscriber().Dispose(), Throws.InstanceOf<RegionException>());
        Assert.That(() => topic.Inspect(), Throws.InstanceOf<RegionException>());
    }

    private delegate void Spoiling(Span<byte> header);

    private void Spoil(Spoiling spoil, bool seal = true)
    {
        Topic.OpenOrCreate(Path, Options).Dispose();
        byte[] header = File.ReadAllBytes(Path)[..HeaderSize];
        spoil(header);
        HeaderFile.Write(Path, 0, seal ? HeaderFile.Seal(header) : header);
    }

    private void Expect<T>(params string[] words) where T : RegionException
    {
        T refusal = Assert.Throws<T>(() => Topic.Open(Path).Dispose())!;
        Assert.That(refusal.Path, Is.EqualTo(Path));
        foreach (string word in words)
        {
            Assert.That(refusal.Message, Does.Contain(word));
        }
    }
}
