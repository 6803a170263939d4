using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Serialization;
using ShmBus.Tests.Regions;
using ShmBus.Tests.Support;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Tests.Contracts;

/// <summary>
/// Whatever stands where a topic keeps its contract: it is a contract, none, or an exception that says that it was damaged. What is
/// written here is made from LAYOUT.md, and not by the code under test.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DamagedContracts : IDisposable
{
    private const int AreaSize = 2 * ContractHalfSize;

    private static readonly byte[] Nothing = new byte[ContractHalfSize];
    private static readonly byte[] Garbage = [.. Enumerable.Range(0, ContractHalfSize).Select(static i => (byte)(i * 7))];

    private readonly TestDirectory _directory = new();
    private readonly Topic _topic;

    public DamagedContracts() => _topic = Topic.OpenOrCreate(_directory.File("t"));

    private static IEnumerable<TestCaseData> Damaged()
    {
        yield return Case("garbage in both", Garbage, Garbage);
        yield return Case("garbage in the first and nothing in the second", Garbage, Nothing);
        yield return Case("nothing in the first and garbage in the second", Nothing, Garbage);
        yield return Case("two that are both the last", Half(7, "test T T{0:i32}"), Half(7, "test T T{0:i64}"));
        yield return Case("what cannot be expanded", Half(1, "x"u8.ToArray()), Nothing);
        yield return Case("nothing to be expanded", Half(1, Array.Empty<byte>()), Nothing);
        yield return Case("half of what can be expanded", Half(1, Compress("test T T{0:i32,1:i32,2:i32}")[..^4]), Nothing);
        yield return Case("what expands without end", Half(1, Compress(new string('x', 64 << 20))), Nothing);
        yield return Case("one byte too much", Half(1, Compress($"test {new string('x', RegionContract.MaxTextLength - 4)}")), Nothing);
        yield return Case("what is no UTF-8", Half(1, Compress([0x74, 0x20, 0xFF])), Nothing);
        yield return Case("one word", Half(1, "test"), Nothing);
        yield return Case("a control character", Half(1, "test T T{0:\u001b[31m}"), Nothing);
        yield return Case("a damaged one behind a right one", Half(1, "test T"), Half(2, "x"u8.ToArray()));
        yield return Case("a length beyond the half", Long(ContractHalfSize - ContractTextOffset + 1), Nothing);
        yield return Case("a length beyond everything", Long(uint.MaxValue), Nothing);
        yield return Case("a negative length", Long(0x8000_0000), Nothing);
    }

    private static IEnumerable<TestCaseData> Whole()
    {
        yield return Case("nothing", Nothing, Nothing, null);
        yield return Case("a first text without its number", Half(0, "test T"), Nothing, null);
        yield return Case("the first", Half(1, "test T"), Nothing, "test T");
        yield return Case("the second", Half(1, "test T"), Half(2, "test U"), "test U");
        yield return Case("the first again", Half(3, "test T"), Half(2, "test U"), "test T");
        yield return Case("the first, while the second is written", Half(3, "test T"), [.. Half(2, "test U").AsSpan(0, 12), .. Garbage.AsSpan(12)], "test T");
        yield return Case("the second, of which the first is left", Garbage, Half(2, "test U"), "test U");
        yield return Case("the last number", Half(uint.MaxValue - 1, "test T"), Half(uint.MaxValue, "test U"), "test U");
        yield return Case("the first number after the last", Half(1, "test T"), Half(uint.MaxValue, "test U"), "test T");
        yield return Case("the longest", Half(1, $"test {new string('x', RegionContract.MaxTextLength - 5)}"), Nothing, $"test {new string('x', RegionContract.MaxTextLength - 5)}");
    }

    public void Dispose()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    [TestCaseSource(nameof(Damaged))]
    public void What_was_damaged_is_refused_and_left_as_it_is(byte[] area)
    {
        HeaderFile.Write(_topic.Path!, ContractOffset, area);
        Assert.That(() => _topic.Contract, Throws.TypeOf<RegionFormatException>().With.Message.Contains("damaged").And.Message.Contains(_topic.Path));
        Assert.That(() => _topic.AgreeOn(new MessageContract("test", "T")), Throws.TypeOf<RegionFormatException>().With.Message.Contains("damaged"));
        Assert.That(_topic.Inspect().Contract, Is.Null);
        Assert.That(File.ReadAllBytes(_topic.Path!).AsSpan(ContractOffset, AreaSize).SequenceEqual(area), "nothing was written");
        // The ring has nothing to do with it.
        using Publisher publisher = _topic.CreatePublisher();
        using Subscriber subscriber = _topic.CreateSubscriber();
        publisher.Publish([42]);
        Assert.That(subscriber.Read().Payload[0], Is.EqualTo(42));
    }

    [TestCaseSource(nameof(Whole))]
    public void What_was_written_whole_and_last_counts_and_can_be_gone_on_with(byte[] area, string? expected)
    {
        HeaderFile.Write(_topic.Path!, ContractOffset, area);
        Assert.That(_topic.Contract?.ToString(), Is.EqualTo(expected));
        MessageContract contract = _topic.Contract ?? new MessageContract("test", "T", "T{0:i32}");
        _topic.AgreeOn(contract);
        Assert.That(_topic.Contract, Is.EqualTo(contract));
    }

    [Test]
    public void What_is_added_after_the_last_number_counts()
    {
        HeaderFile.Write(_topic.Path!, ContractOffset, [.. Half(uint.MaxValue, "test T T{0:i32}"), .. Half(uint.MaxValue - 1, "test T T{9:i32}")]);
        for (int i = 1; i < 4; i++)
        {
            _topic.AgreeOn(new MessageContract("test", "T", $"T{{{i}:i32}}"));
        }
        Assert.That(_topic.Contract!.Shape, Is.EqualTo("T{0:i32,1:i32,2:i32,3:i32}"));
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(_topic.Path!).AsSpan(ContractOffset + ContractHalfSize + ContractGenerationOffset)), Is.EqualTo(3), "1 follows, then 2 in the first half, then 3");
    }

    [Test]
    public void Any_bytes_are_a_contract_or_none_or_damaged()
    {
        Gen<byte[]> spoiled =
            from first in Gen.Elements(Nothing, Garbage, Half(1, "test T T{0:i32}"), Half(3, "test T T{1:i32} U(0:a)"))
            from second in Gen.Elements(Nothing, Garbage, Half(2, "test T T{0:i32}"), Half(uint.MaxValue, "test T"))
            from changes in (from at in Gen.Choose(0, AreaSize - 1) from value in Gen.Choose(0, 255) select (at, (byte)value)).ListOf()
            select Spoil([.. first, .. second], changes);
        int whole = 0, refused = 0;
        Prop.ForAll(spoiled.ToArbitrary(), area =>
        {
            HeaderFile.Write(_topic.Path!, ContractOffset, area);
            try
            {
                _ = _topic.Contract;
                _topic.AgreeOn(new MessageContract("test", "T", "T{5:str}"));
                whole++;
            }
            catch (Exception exception) when (exception is RegionFormatException or ContractMismatchException)
            {
                refused++;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
        Assert.That((whole, refused), Is.GreaterThan((0, 0)).And.Matches<(int, int)>(static counts => counts.Item2 > 0));
    }

    [Test]
    public void What_changes_under_the_feet_of_a_reader_is_refused_or_agreed_on()
    {
        byte[][] areas = [[.. Garbage, .. Garbage], [.. Half(1, "test T T{0:i32}"), .. Nothing], [.. Nothing, .. Half(9, "test T T{0:i64}")], [.. Nothing, .. Nothing]];
        using CancellationTokenSource stop = new();
        Thread writer = new(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                HeaderFile.Write(_topic.Path!, ContractOffset, areas[i % areas.Length]);
            }
        });
        writer.Start();
        try
        {
            for (int i = 0; i < 500; i++)
            {
                try
                {
                    _ = _topic.Inspect().Contract;
                    _topic.AgreeOn(new MessageContract("test", "T", $"T{{0:i32,{i}:str}}"));
                }
                catch (Exception exception) when (exception is RegionFormatException or ContractMismatchException)
                {
                    // One or the other, and nothing else.
                }
            }
        }
        finally
        {
            stop.Cancel();
            writer.Join();
        }
    }

    [Test]
    public void A_topic_of_an_older_version_keeps_a_contract_as_well()
    {
        byte[] header = File.ReadAllBytes(_topic.Path!)[..HeaderSize];
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(MinorVersionOffset), 1);
        HeaderFile.Write(_topic.Path!, 0, HeaderFile.Seal(header));
        using Topic older = Topic.Open(_topic.Path!);
        older.AgreeOn(new MessageContract("test", "T"));
        Assert.That(older.Contract!.ToString(), Is.EqualTo("test T"));
    }

    [Test]
    public void A_topic_that_was_truncated_says_so()
    {
        HeaderFile.Truncate(_topic.Path!, 2000);
        Assert.That(() => _topic.AgreeOn(new MessageContract("test", "T")), Throws.TypeOf<RegionSizeException>());
        Assert.That(new FileInfo(_topic.Path!).Length, Is.EqualTo(2000), "it was not written to");
    }

    [Test]
    public void Who_only_looks_compares_and_writes_nothing()
    {
        using RegionDirectory directory = RegionDirectory.Open(_directory.Path, create: false, RegionOptions.Default);
        using Topic looking = Topic.LookAtIn(directory, "t", TopicOptions.Default);
        looking.AgreeOn(new MessageContract("test", "T", "T{0:i32}"));
        Assert.That(looking.Contract, Is.Null);
        _topic.AgreeOn(new MessageContract("test", "T", "T{0:i32}"));
        looking.AgreeOn(new MessageContract("test", "T", "T{1:i32}"));
        Assert.That(looking.Contract!.Shape, Is.EqualTo("T{0:i32}"));
        Assert.That(() => looking.AgreeOn(new MessageContract("test", "T", "T{0:i64}")), Throws.TypeOf<ContractMismatchException>());
        Assert.That(() => RegionContract.Read(looking.Source).Replace(looking.Source, [1]), Throws.InstanceOf<ErrnoException>().With.Property("Error").EqualTo(ErrorNumber.EBADF));
    }

    [Test]
    public void A_bus_lists_contracts_and_those_that_were_damaged()
    {
        using Bus bus = Bus.Open(_directory.Path);
        Assert.That(bus.ListTopics().Single().Contract, Is.Null);
        _topic.AgreeOn(new MessageContract("test", "T"));
        Assert.That(bus.ListTopics().Single().Contract!.Name, Is.EqualTo("T"));
        HeaderFile.Write(_topic.Path!, ContractOffset, [.. Garbage, .. Garbage]);
        Assert.That(bus.ListTopics().Single().Problem, Is.TypeOf<RegionFormatException>());
        using Bus within = Bus.InProcess();
        using Topic topic = within.OpenOrCreateTopic("t");
        topic.AgreeOn(new MessageContract("test", "U"));
        Assert.That(within.ListTopics().Single().Contract!.Name, Is.EqualTo("U"));
    }

    private static TestCaseData Case(string name, byte[] first, byte[] second) => new TestCaseData((object)(byte[])[.. first, .. second]).SetArgDisplayNames(name);

    private static TestCaseData Case(string name, byte[] first, byte[] second, string? expected) =>
        new TestCaseData((byte[])[.. first, .. second], expected).SetArgDisplayNames(name);

    private static byte[] Half(uint generation, string text) => Half(generation, Compress(text));

    private static byte[] Half(uint generation, byte[] compressed)
    {
        byte[] half = new byte[ContractHalfSize];
        BinaryPrimitives.WriteUInt32LittleEndian(half.AsSpan(8), generation);
        BinaryPrimitives.WriteUInt32LittleEndian(half.AsSpan(4), (uint)compressed.Length);
        compressed.CopyTo(half, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(half, HeaderFile.Checksum(half.AsSpan(4, 8 + compressed.Length)));
        return half;
    }

    /// <summary>With a checksum of all that there is.</summary>
    private static byte[] Long(uint length)
    {
        byte[] half = Half(1, "test T");
        BinaryPrimitives.WriteUInt32LittleEndian(half.AsSpan(4), length);
        BinaryPrimitives.WriteUInt32LittleEndian(half, HeaderFile.Checksum(half.AsSpan(4)));
        return half;
    }

    private static byte[] Compress(string text) => Compress(Encoding.UTF8.GetBytes(text));

    private static byte[] Compress(byte[] bytes)
    {
        byte[] compressed = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        Assert.That(BrotliEncoder.TryCompress(bytes, compressed, out int length));
        return compressed[..length];
    }

    private static byte[] Spoil(byte[] area, List<(int At, byte Value)> changes)
    {
        changes.ForEach(change => area[change.At] = change.Value);
        return area;
    }
}
