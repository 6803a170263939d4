using System.Globalization;

namespace ShmBus.MessagePack.Tests;

/// <summary>
/// The types of .NET, byte for byte as MessagePack-CSharp's standard resolver writes them. The bytes were made by hand from the sources that
/// src/ShmBus.MessagePack/FORMAT.md names for each type.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class DotNetTypesTests
{
    private delegate T Reading<T>(ref MessagePackReader reader);

    [TestCase('\0', "00")]
    [TestCase('a', "61")]
    [TestCase('ä', "cce4")]
    [TestCase('€', "cd20ac")]
    [TestCase('\uD800', "cdd800")]
    public void A_char_is_an_integer(char value, string bytes) =>
        Check(value, bytes, (ref MessagePackWriter writer) => writer.Write(value), static (ref MessagePackReader reader) => reader.ReadChar());

    [TestCase("0", "a130")]
    [TestCase("1.50", "a4312e3530")]
    [TestCase("-79228162514264337593543950335", "be2d3739323238313632353134323634333337353933353433393530333335")]
    [TestCase("-7.9228162514264337593543950335", "bf2d372e39323238313632353134323634333337353933353433393530333335")]
    [TestCase("-0.0000000000000000000000000001", "bf2d302e30303030303030303030303030303030303030303030303030303031")]
    public void A_decimal_is_text(string text, string bytes)
    {
        decimal value = decimal.Parse(text, CultureInfo.InvariantCulture);
        Check(text, bytes, (ref MessagePackWriter writer) => writer.Write(value),
            static (ref MessagePackReader reader) => reader.ReadDecimal().ToString(CultureInfo.InvariantCulture));
    }

    [TestCase("00000000-0000-0000-0000-000000000000", "d92430303030303030302d303030302d303030302d303030302d303030303030303030303030")]
    [TestCase("0123abcd-4567-89ef-fedc-ba9876543210", "d92430313233616263642d343536372d383965662d666564632d626139383736353433323130")]
    public void A_guid_is_text_of_36_characters(string text, string bytes) =>
        Check(Guid.Parse(text), bytes, (ref MessagePackWriter writer) => writer.Write(Guid.Parse(text)), static (ref MessagePackReader reader) => reader.ReadGuid());

    [Test]
    public void A_guid_in_capitals_is_read_and_one_without_hyphens_is_not()
    {
        Assert.That(new MessagePackReader(new Text("0123ABCD-4567-89EF-FEDC-BA9876543210").ToBytes()).ReadGuid(),
            Is.EqualTo(Guid.Parse("0123abcd-4567-89ef-fedc-ba9876543210")));
        Assert.That(Readings.Failure(static (ref MessagePackReader reader) => reader.ReadGuid().ToString(), new Text("0123abcd456789effedcba9876543210").ToBytes()), Is.Not.Null);
    }

    [TestCase(DateTimeKind.Utc)]
    [TestCase(DateTimeKind.Unspecified)]
    public void A_date_and_time_is_a_timestamp_and_comes_back_as_UTC(DateTimeKind kind)
    {
        DateTime value = new(2026, 3, 1, 12, 30, 15, 250, kind);
        DateTime read = Check(value, "d7ff3b9aca0069a43157", (ref MessagePackWriter writer) => writer.Write(value), static (ref MessagePackReader reader) => reader.ReadDateTime());
        Assert.That(read.Kind, Is.EqualTo(DateTimeKind.Utc));
    }

    [Test]
    public void A_local_time_is_converted_to_UTC()
    {
        DateTime local = new(2026, 3, 1, 12, 30, 15, DateTimeKind.Local);
        DateTime read = new MessagePackReader(Written.By((ref MessagePackWriter writer) => writer.Write(local))).ReadDateTime();
        Assert.That(read, Is.EqualTo(local.ToUniversalTime()));
        Assert.That(read.Kind, Is.EqualTo(DateTimeKind.Utc));
    }

    [Test]
    public void What_a_timestamp_has_below_100_nanoseconds_is_cut_off() => Assert.That(
        new MessagePackReader(Convert.FromHexString("c70cff000000c70000000000000001")).ReadDateTime(), Is.EqualTo(DateTime.UnixEpoch.AddSeconds(1).AddTicks(1)));

    [TestCase("2026-03-01T12:30:15+01:00", "92d6ff69a431573c")]
    [TestCase("2026-03-01T12:30:15-03:30", "92d6ff69a43157d1ff2e")]
    [TestCase("1970-01-01T00:00:00+00:00", "92d6ff0000000000")]
    [TestCase("0001-01-01T00:00:00-14:00", "92c70cff00000000fffffff1886e0900d1fcb8")]
    public void A_time_with_its_offset_is_an_array_of_what_the_clock_shows_and_minutes(string text, string bytes)
    {
        DateTimeOffset value = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        DateTimeOffset read = Check(value, bytes, (ref MessagePackWriter writer) => writer.Write(value), static (ref MessagePackReader reader) => reader.ReadDateTimeOffset());
        Assert.That(read.Offset, Is.EqualTo(value.Offset));
    }

    [TestCase(0, "00")]
    [TestCase(TimeSpan.TicksPerSecond, "ce00989680")]
    [TestCase(-1, "ff")]
    [TestCase(long.MinValue, "d38000000000000000")]
    public void A_span_of_time_is_its_ticks(long ticks, string bytes) =>
        Check(new TimeSpan(ticks), bytes, (ref MessagePackWriter writer) => writer.Write(new TimeSpan(ticks)), static (ref MessagePackReader reader) => reader.ReadTimeSpan());

    [TestCase("0001-01-01", "00")]
    [TestCase("2026-03-01", "ce000b495b")]
    [TestCase("9999-12-31", "ce0037b9da")]
    public void A_day_is_its_number(string text, string bytes) =>
        Check(DateOnly.Parse(text, CultureInfo.InvariantCulture), bytes,
            (ref MessagePackWriter writer) => writer.Write(DateOnly.Parse(text, CultureInfo.InvariantCulture)), static (ref MessagePackReader reader) => reader.ReadDateOnly());

    [TestCase("00:00:00", "00")]
    [TestCase("00:00:01", "ce00989680")]
    [TestCase("23:59:59.9999999", "cf000000c92a69bfff")]
    public void A_time_of_day_is_its_ticks(string text, string bytes) =>
        Check(TimeOnly.Parse(text, CultureInfo.InvariantCulture), bytes,
            (ref MessagePackWriter writer) => writer.Write(TimeOnly.Parse(text, CultureInfo.InvariantCulture)), static (ref MessagePackReader reader) => reader.ReadTimeOnly());

    [TestCase(DayOfWeek.Saturday, "06")]
    [TestCase((DayOfWeek)(-200), "d1ff38")]
    public void An_enumeration_is_its_number(DayOfWeek value, string bytes) =>
        Check(value, bytes, (ref MessagePackWriter writer) => writer.Write((int)value), static (ref MessagePackReader reader) => (DayOfWeek)reader.ReadInt32());

    [TestCase(null, "c0")]
    [TestCase(300, "cd012c")]
    public void A_nullable_is_nil_or_its_value(int? value, string bytes) => Check(value, bytes,
        (ref MessagePackWriter writer) =>
        {
            if (value is { } number)
            {
                writer.Write(number);
            }
            else
            {
                writer.WriteNil();
            }
        },
        static (ref MessagePackReader reader) => reader.TryReadNil() ? (int?)null : reader.ReadInt32());

    [Test]
    public void Bytes_are_bin_from_any_memory()
    {
        byte[] value = [1, 2, 3];
        Check(value, "c403010203", (ref MessagePackWriter writer) => writer.Write(value), static (ref MessagePackReader reader) => reader.ReadByteArray());
        Assert.That(Written.AsHex((ref MessagePackWriter writer) => writer.Write(new ArraySegment<byte>(value, 1, 2))), Is.EqualTo("c4020203"));
        Assert.That(Written.AsHex((ref MessagePackWriter writer) => writer.Write(value.AsMemory().Span)), Is.EqualTo("c403010203"));
    }

    [Test]
    public void Arrays_and_lists_are_arrays() => Check<int[]>([1, -1, 1000], "9301ffcd03e8",
        static (ref MessagePackWriter writer) =>
        {
            List<int> list = [1, -1, 1000];
            writer.WriteArrayHeader(list.Count);
            foreach (int each in list)
            {
                writer.Write(each);
            }
        },
        static (ref MessagePackReader reader) =>
        {
            int[] array = new int[reader.ReadArrayHeader()];
            for (int i = 0; i < array.Length; i++)
            {
                array[i] = reader.ReadInt32();
            }
            return array;
        });

    [Test]
    public void A_dictionary_is_a_map() => Check(new Dictionary<string, bool> { ["a"] = true, ["bc"] = false }, "82a161c3a26263c2",
        static (ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(2);
            writer.Write("a");
            writer.Write(true);
            writer.Write("bc");
            writer.Write(false);
        },
        static (ref MessagePackReader reader) =>
        {
            int count = reader.ReadMapHeader();
            Dictionary<string, bool> read = new(count);
            for (int i = 0; i < count; i++)
            {
                read.Add(reader.ReadString()!, reader.ReadBoolean());
            }
            return read;
        });

    [Test]
    public void A_key_and_its_value_are_an_array_of_two() => Check(KeyValuePair.Create("a", 1.5f), "92a161ca3fc00000",
        static (ref MessagePackWriter writer) =>
        {
            writer.WriteArrayHeader(2);
            writer.Write("a");
            writer.Write(1.5f);
        },
        static (ref MessagePackReader reader) =>
        {
            Assert.That(reader.ReadArrayHeader(), Is.EqualTo(2));
            return KeyValuePair.Create(reader.ReadString()!, reader.ReadSingle());
        });

    private static T Check<T>(T value, string bytes, Writing write, Reading<T> read)
    {
        Assert.That(Written.AsHex(write), Is.EqualTo(bytes));
        MessagePackReader reader = new(Convert.FromHexString(bytes));
        T found = read(ref reader);
        Assert.That(found, Is.EqualTo(value));
        Assert.That(reader.End, Is.True);
        return found;
    }
}
