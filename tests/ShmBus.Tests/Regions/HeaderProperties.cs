using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using ShmBus.Regions;
using static ShmBus.Regions.RegionDescriptor;

namespace ShmBus.Tests.Regions;

/// <summary>Whatever bytes stand in a header, reading it ends in a region that fits its file, or in a RegionException.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class HeaderProperties
{
    private static readonly long Page = Environment.SystemPageSize;

    /// <summary>Numbers that are likely to be right, nearly right, or to overflow.</summary>
    private static readonly Gen<long> Number = Gen.OneOf(
        Gen.Elements(0L, 1, 2, 63, 64, 65, 512, 1024, Page, 2 * Page, 3 * Page, 1 << 20, MaxCapacity, int.MaxValue, uint.MaxValue, long.MaxValue, long.MinValue, -1),
        Gen.Choose(0, 31).Select(bit => 1L << bit),
        Gen.Choose(int.MinValue, int.MaxValue).Select(value => (long)value << 20 ^ value));

    [Test]
    public void Bytes_of_any_length_are_no_region() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => IsRefused(bytes, (ulong)bytes.Length)).QuickCheckThrowOnFailure();

    [Test]
    public void A_header_with_some_bytes_changed_is_refused()
    {
        byte[] valid = HeaderFile.Valid((int)Page);
        ulong size = new TopicOptions { Capacity = (int)Page }.ToHeader().Geometry.RegionSize is var regionSize ? (ulong)regionSize : 0;
        Gen<(int At, byte Value)[]> changes =
            (from at in Gen.Choose(0, HeaderSize - 1) from value in Gen.Choose(0, 255) select (at, (byte)value)).NonEmptyListOf().Select(list => list.ToArray());
        Prop.ForAll(changes.ToArbitrary(), list =>
        {
            byte[] bytes = [.. valid];
            Array.ForEach(list, change => bytes[change.At] = change.Value);
            return bytes.AsSpan().SequenceEqual(valid) || IsRefused(bytes, size);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Test]
    public void A_header_whose_checksum_is_right_is_refused_unless_all_its_numbers_fit_each_other_and_the_file()
    {
        int[] wide = [TableOffsetOffset, DataOffsetOffset, CapacityOffset, RegionSizeOffset];
        int[] narrow = [HeaderSizeOffset, PageSizeOffset, SlotSizeOffset, PublisherSlotsOffset, SubscriberSlotsOffset];
        Gen<(int Field, long Value)> change = from field in Gen.Elements([.. wide, .. narrow, -1]) from value in Number select (field, value);
        int accepted = 0;
        Prop.ForAll(change.ListOf().ToArbitrary(), list =>
        {
            byte[] bytes = HeaderFile.Valid((int)Page);
            ulong fileSize = (ulong)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(RegionSizeOffset));
            foreach ((int field, long value) in list)
            {
                if (field < 0)
                {
                    fileSize = (ulong)value;
                }
                else if (wide.Contains(field))
                {
                    BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(field), value);
                }
                else
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(field), (uint)value);
                }
            }
            if (IsRefused(HeaderFile.Seal(bytes), fileSize))
            {
                return true;
            }
            accepted++;
            return Fits(RegionHeader.Decode(bytes, fileSize, "x").Geometry, fileSize);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        Assert.That(accepted, Is.Positive, "some lists change nothing");
    }

    [Test]
    public void Every_geometry_that_can_be_asked_for_is_read_as_it_was_written()
    {
        Gen<(int, int, int)> sizes =
            from publishers in Gen.Choose(1, MaxSlots) from subscribers in Gen.Choose(1, MaxSlots) from bit in Gen.Choose(0, 29)
            select (publishers, subscribers, bit);
        Prop.ForAll(sizes.ToArbitrary(), asked =>
        {
            string? wrong = RegionGeometry.TryCreate(Page, asked.Item1, asked.Item2, 1L << asked.Item3, out RegionGeometry geometry);
            bool isPossible = 1L << asked.Item3 >= Page;
            if (wrong is not null || !isPossible)
            {
                return wrong is not null && !isPossible;
            }
            RegionHeader header = new(geometry, 0x1234_5678_9ABC_DEF0, 1, 2, 3, 4);
            byte[] bytes = new byte[HeaderSize];
            header.Encode(bytes);
            return RegionHeader.Decode(bytes, (ulong)geometry.RegionSize, "x") == header && Fits(geometry, (ulong)geometry.RegionSize);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    /// <summary>Said without the code under test: sections follow each other, begin at pages, and the file holds all of it.</summary>
    private static bool Fits(in RegionGeometry geometry, ulong fileSize) =>
        geometry.TableOffset >= ControlEnd && geometry.TableOffset % Page == 0 && geometry.DataOffset % Page == 0 &&
        geometry.PublisherSlots is > 0 and <= MaxSlots && geometry.SubscriberSlots is > 0 and <= MaxSlots &&
        geometry.DataOffset >= geometry.TableOffset + (geometry.PublisherSlots + geometry.SubscriberSlots) * SlotSize &&
        geometry.Capacity >= Page && geometry.Capacity <= MaxCapacity && (geometry.Capacity & (geometry.Capacity - 1)) == 0 &&
        (ulong)(geometry.DataOffset + geometry.Capacity) == fileSize;

    /// <summary>Anything else than a RegionException comes through and fails the property.</summary>
    private static bool IsRefused(byte[] bytes, ulong fileSize)
    {
        try
        {
            RegionHeader.Decode(bytes, fileSize, "x");
            return false;
        }
        catch (RegionException)
        {
            return true;
        }
    }
}
