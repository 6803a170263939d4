using System.Reflection;

namespace ShmBus.MessagePack.Tests;

/// <summary>What is read as which type, and what is said of the rest.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class ConversionTests
{
    [Test]
    public void Every_method_that_reads_is_among_those_under_test() => Assert.That(
        Readings.All.Select(static each => each.Name),
        Is.SupersetOf(typeof(MessagePackReader).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Select(static method => method.Name)
            .Where(static name => name.Contains("Read", StringComparison.Ordinal) || name == "Skip")));

    [Test]
    public void An_integer_in_any_format_is_read_as_every_type_it_fits_in_and_refused_by_the_others()
    {
        int read = 0, refused = 0;
        foreach (Int128 number in Numbers())
        {
            foreach (byte[] bytes in Forms(number))
            {
                foreach ((string name, Int128 least, Int128 greatest, Reading reading) in Readings.Integers)
                {
                    string what = $"{number} as {Convert.ToHexStringLower(bytes)} by {name}";
                    MessagePackReader reader = new(bytes);
                    if (number >= least && number <= greatest)
                    {
                        Assert.That(reading(ref reader), Is.EqualTo(number.ToString(null, null)), what);
                        Assert.That(reader.End, Is.True, what);
                        read++;
                    }
                    else
                    {
                        MessagePackException? failure = Readings.Failure(reading, bytes);
                        Assert.That(failure, Is.Not.Null, what);
                        Assert.That(failure.Found, Is.EqualTo($"the integer {number}"), what);
                        Assert.That(failure.Expected, Is.EqualTo($"an integer from {least} to {greatest}"), what);
                        refused++;
                    }
                }
            }
        }
        Assert.That(read, Is.GreaterThan(1000));
        Assert.That(refused, Is.GreaterThan(1000));
    }

    [Test]
    public void Numbers_are_read_as_floats()
    {
        Assert.That(AsDouble(new Float64(0.1)), Is.EqualTo(0.1));
        Assert.That(AsDouble(new Float32(0.1f)), Is.EqualTo((double)0.1f));
        Assert.That(AsDouble(new Integer(ulong.MaxValue)), Is.EqualTo((double)ulong.MaxValue));
        Assert.That(AsDouble(new Integer(long.MinValue)), Is.EqualTo((double)long.MinValue));
        Assert.That(AsDouble(new Integer(-7)), Is.EqualTo(-7));
        Assert.That(AsSingle(new Float64(0.1)), Is.EqualTo(0.1f));
        Assert.That(AsSingle(new Float64(double.MaxValue)), Is.EqualTo(float.PositiveInfinity));
        Assert.That(AsSingle(new Float32(0.1f)), Is.EqualTo(0.1f));
        Assert.That(AsSingle(new Integer(-7)), Is.EqualTo(-7f));

        static double AsDouble(Value value) => new MessagePackReader(value.ToBytes()).ReadDouble();
        static float AsSingle(Value value) => new MessagePackReader(value.ToBytes()).ReadSingle();
    }

    [TestCase("ReadInt32", "", "an integer from -2147483648 to 2147483647", "the end of the data")]
    [TestCase("ReadInt32", "c0", "an integer from -2147483648 to 2147483647", "nil (0xC0)")]
    [TestCase("ReadUInt64", "ca00000000", "an integer from 0 to 18446744073709551615", "float 32 (0xCA)")]
    [TestCase("ReadInt64", "d3000000", "at least 9 bytes of int 64 (0xD3) and what is announced", "the end of the data after 4")]
    [TestCase("ReadBoolean", "01", "true or false", "positive fixint (0x01)")]
    [TestCase("ReadNil", "e0", "nil", "negative fixint (0xE0)")]
    [TestCase("ReadDouble", "a131", "a number", "fixstr (0xA1)")]
    [TestCase("ReadString", "c400", "a string", "bin 8 (0xC4)")]
    [TestCase("ReadStringSpan", "c0", "a string", "nil (0xC0)")]
    [TestCase("ReadString", "a261", "at least 3 bytes of fixstr (0xA2) and what is announced", "the end of the data after 2")]
    [TestCase("ReadString", "dbffffffff", "at least 4294967300 bytes of str 32 (0xDB) and what is announced", "the end of the data after 5")]
    [TestCase("ReadBytes", "d900", "bytes", "str 8 (0xD9)")]
    [TestCase("ReadBytes", "c6", "at least 5 bytes of bin 32 (0xC6) and what is announced", "the end of the data after 1")]
    [TestCase("ReadExtension", "93", "an extension", "fixarray (0x93)")]
    [TestCase("ReadExtension", "d8", "at least 18 bytes of fixext 16 (0xD8) and what is announced", "the end of the data after 1")]
    [TestCase("ReadArrayHeader", "80", "an array", "fixmap (0x80)")]
    [TestCase("ReadArrayHeader", "92c0", "at least 3 bytes of fixarray (0x92) and what is announced", "the end of the data after 2")]
    [TestCase("ReadArrayHeader", "ddffffffff", "at least 4294967300 bytes of array 32 (0xDD) and what is announced", "the end of the data after 5")]
    [TestCase("ReadMapHeader", "de0001c0", "at least 5 bytes of map 16 (0xDE) and what is announced", "the end of the data after 4")]
    [TestCase("ReadMapHeader", "dfffffffff", "at least 8589934595 bytes of map 32 (0xDF) and what is announced", "the end of the data after 5")]
    [TestCase("Skip", "c1", "a value", "no format (0xC1)")]
    [TestCase("ReadDecimal", "a3312c32", "a decimal as text", "other text")]
    [TestCase("ReadDecimal", "a0", "a decimal as text", "other text")]
    [TestCase("ReadGuid", "a3666f6f", "a GUID as text", "other text")]
    [TestCase("ReadDateTime", "d60000000000", "a timestamp", "an extension of type 0")]
    [TestCase("ReadDateTime", "d4ff00", "a timestamp", "one of 1 bytes")]
    [TestCase("ReadDateTime", "d7ffee6b280000000000", "a timestamp of less than a second of nanoseconds", "1000000000 nanoseconds")]
    [TestCase("ReadDateTime", "c70cff00000000fffffff1886e08ff", "a timestamp of the years 1 to 9999", "-62135596801 seconds since 1970")]
    [TestCase("ReadDateTime", "c70cff000000000000003afff44180", "a timestamp of the years 1 to 9999", "253402300800 seconds since 1970")]
    [TestCase("ReadDateTimeOffset", "91d6ff00000000", "an array of a timestamp and minutes", "an array of 1")]
    [TestCase("ReadDateTimeOffset", "92d6ff00000000cd0349", "a time of the years 1 to 9999, at most 14 hours from UTC", "1970-01-01T00:00:00.0000000Z at 841 minutes")]
    [TestCase("ReadDateTimeOffset", "92c70cff00000000fffffff1886e090001", "a time of the years 1 to 9999, at most 14 hours from UTC", "0001-01-01T00:00:00.0000000Z at 1 minutes")]
    public void What_cannot_be_read_is_said_with_what_was_expected(string reading, string bytes, string expected, string found)
    {
        MessagePackException? failure = Readings.Failure(Readings.All.Single(each => each.Name == reading).Read, Convert.FromHexString(bytes));
        Assert.That(failure, Is.Not.Null);
        Assert.That((failure.Position, failure.Expected, failure.Found), Is.EqualTo((0, expected, found)));
        Assert.That(failure.Message, Is.EqualTo($"At byte 0: expected {expected}, found {found}."));
    }

    [Test]
    public void A_failure_says_where()
    {
        MessagePackReader reader = new([0x93, 0x01, 0xA1, 0x78, 0xC0]);
        Assert.That(reader.ReadArrayHeader(), Is.EqualTo(3));
        Assert.That(reader.ReadByte(), Is.EqualTo(1));
        Assert.That(reader.ReadString(), Is.EqualTo("x"));
        try
        {
            _ = reader.ReadBoolean();
            Assert.Fail("Nil is neither true nor false.");
        }
        catch (MessagePackException refused)
        {
            Assert.That(refused.Position, Is.EqualTo(4));
            Assert.That(reader.Position, Is.EqualTo(4));
        }
    }

    private static IEnumerable<Int128> Numbers()
    {
        foreach (int bit in Enumerable.Range(0, 65))
        {
            foreach (int off in (int[])[-1, 0, 1])
            {
                yield return (Int128.One << bit) + off;
                yield return -(Int128.One << bit) + off;
            }
        }
        foreach (Int128 greatest in Readings.Integers.Select(static each => each.Greatest))
        {
            yield return greatest;
            yield return greatest + 1;
        }
    }

    /// <summary>All formats that can carry the number.</summary>
    private static IEnumerable<byte[]> Forms(Int128 number)
    {
        if (number >= -32 && number <= 127)
        {
            yield return [(byte)(sbyte)number];
        }
        for (int power = 0; power < 4; power++)
        {
            int bits = 8 << power;
            byte[] big = [.. Enumerable.Range(0, bits / 8).Select(index => (byte)(number >> (bits - 8 * (index + 1)) & 0xFF))];
            if (number >= 0 && number < Int128.One << bits)
            {
                yield return [(byte)(0xCC + power), .. big];
            }
            if (number >= -(Int128.One << (bits - 1)) && number < Int128.One << (bits - 1))
            {
                yield return [(byte)(0xD0 + power), .. big];
            }
        }
    }
}
