using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace ShmBus.MessagePack.Tests;

/// <summary>
/// Whatever bytes are read in whatever way: nothing is thrown but <see cref="MessagePackException"/>, and no more is allocated than the bytes
/// are worth. Anything else that is thrown comes through and fails the test.
/// </summary>
internal sealed class HostileDataTests
{
    /// <summary>What may be allocated for one byte of data: two of text, and two again while text that is not valid is read.</summary>
    private const int PerByte = 4;

    /// <summary>What may be allocated beside what is in them: headers and rounding of a string, or of an array, and a text of the test's own.</summary>
    private const int PerResult = 80;

    /// <summary>What may be allocated for each exception: itself, its texts, its stack.</summary>
    private const int PerException = 4096;

    /// <summary>
    /// What may be allocated for one byte of data by <see cref="Value.Read(ref MessagePackReader)"/>, which makes an object of each value and
    /// an array of each header: 24 bytes for an object, 24 for an array, 8 for the place in the array around.
    /// </summary>
    private const int PerByteOfValues = 64;

    private static readonly Gen<byte[]> Noise = Gen.Sized(static size =>
        from length in Gen.Choose(0, size) from bytes in Gen.ArrayOf(Gen.Choose(0, 255), length) select Array.ConvertAll(bytes, static each => (byte)each));

    // Headers, and lengths from none to all that there are.
    private static readonly Gen<byte[]> Promises =
        from parts in Gen.ArrayOf(Gen.OneOf(
            Gen.Elements<byte>(0x81, 0x8F, 0x91, 0x9F, 0xA1, 0xBF, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xD4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF).Select(static each => new[] { each }),
            Gen.Elements<byte[]>([0], [1], [0xFF], [0, 0, 0, 4], [0, 0, 0x10, 0], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF])))
        select parts.SelectMany(static each => each).ToArray();

    private static readonly Gen<byte[]> Mutants =
        from value in ValueGenerator.Any
        from at in Gen.Choose(0, int.MaxValue) from change in Gen.Choose(1, 255) from end in Gen.Choose(0, int.MaxValue) from truncated in Gen.Elements(false, true)
        select Mutate(value.ToBytes(), at, (byte)change, truncated ? end : -1);

    [Test]
    public void Random_bytes() => Hold(Noise, 1000);

    [Test]
    public void Headers_that_promise_anything() => Hold(Promises, 1000);

    [Test]
    public void Values_with_a_byte_changed_and_the_end_cut_off() => Hold(Mutants, 1000);

    [Test]
    public void Every_beginning_of_a_value_is_refused() => Prop.ForAll(ValueGenerator.Any.ToArbitrary(), static value =>
    {
        byte[] bytes = value.ToBytes();
        foreach (int length in Enumerable.Range(0, Math.Min(bytes.Length, 300)))
        {
            byte[] beginning = bytes[..length];
            Assert.That(Readings.Failure(static (ref MessagePackReader reader) => { reader.Skip(); return ""; }, beginning), Is.Not.Null);
            Assert.That(Fails(beginning), Is.True);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Test]
    public void As_many_values_in_each_other_as_allowed_are_read_and_one_more_is_not([Values(0, 1, 64, 500)] int depth, [Values("91", "81c0")] string header)
    {
        MessagePackSecurity security = depth == 64 ? MessagePackSecurity.UntrustedData : new MessagePackSecurity { MaximumObjectGraphDepth = depth };
        byte[] just = Nested(header, depth);
        MessagePackReader reader = new(just, security);
        _ = Value.Read(ref reader);
        Assert.That((reader.End, reader.Depth), Is.EqualTo((true, 0)));

        byte[] deeper = Nested(header, depth + 1);
        try
        {
            reader = new MessagePackReader(deeper, security);
            _ = Value.Read(ref reader);
            Assert.Fail("It is too deep.");
        }
        catch (MessagePackException refused)
        {
            Assert.That((refused.Expected, refused.Found), Is.EqualTo(($"at most {depth} values in each other", "one more")));
        }
        reader = new MessagePackReader(deeper, MessagePackSecurity.TrustedData);
        _ = Value.Read(ref reader);
        Assert.That(reader.End, Is.True);
    }

    [Test]
    public void A_depth_cannot_be_negative() =>
        Assert.That(static () => new MessagePackSecurity { MaximumObjectGraphDepth = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Millions_of_values_in_each_other_are_skipped_or_refused([Values("91", "81c0", "dd00000001")] string header)
    {
        const int Depth = 2_000_000;
        byte[] bytes = Nested(header, Depth);
        MessagePackReader reader = new(bytes);
        reader.Skip();
        long before = GC.GetAllocatedBytesForCurrentThread();
        reader = new MessagePackReader(bytes);
        reader.Skip();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(reader.End, Is.True);

        Assert.That(Readings.Failure(static (ref MessagePackReader reader) => { reader.Skip(); return ""; }, bytes.AsSpan()[..^1]), Is.Not.Null);
        Assert.That(Fails(bytes), Is.True);
    }

    [TestCase("ddffffffff", TestName = "An_array_of_what_is_not_there")]
    [TestCase("df7fffffff", TestName = "A_map_of_what_is_not_there")]
    [TestCase("dbffffffff", TestName = "A_string_of_what_is_not_there")]
    [TestCase("c67fffffff", TestName = "Bytes_of_what_is_not_there")]
    [TestCase("c9ffffffff05", TestName = "An_extension_of_what_is_not_there")]
    [TestCase("94dd7ffffff0dd7ffffff0dd7ffffff0dd7ffffff0", TestName = "Arrays_in_an_array_of_what_is_not_there")]
    public void What_is_promised_and_not_there_is_not_allocated(string hex)
    {
        byte[] bytes = [.. Convert.FromHexString(hex), .. new byte[100]];
        Assert.That(Fails(bytes), Is.True);
        Assert.That(Allocated(() => Fails(bytes)), Is.LessThan(PerException + bytes.Length * PerByteOfValues));
        CheckReadings(bytes);
    }

    [Test]
    public void Arrays_in_each_other_cannot_each_promise_all_that_is_left([Values("dc", "de")] string format)
    {
        byte[] bytes = new byte[100_000];
        int count = format == "dc" ? 60_000 : 30_000;
        foreach (int level in Enumerable.Range(0, 60))
        {
            byte[] header = [.. Convert.FromHexString(format), (byte)(count >> 8), (byte)count];
            header.CopyTo(bytes, level * header.Length);
        }
        Assert.That(Fails(bytes), Is.True);
        Assert.That(Allocated(() => Fails(bytes)), Is.LessThan(PerException + bytes.Length * PerByteOfValues / 4));
        Assert.That(Readings.Failure(static (ref MessagePackReader reader) => { reader.Skip(); return ""; }, bytes)?.Expected, Does.Contain("and what is announced"));
    }

    [Test]
    public void What_was_refused_and_then_read_otherwise_counts_once()
    {
        // An array of three: a number, an array of two nils, and nothing where the third should be.
        MessagePackReader reader = new([0x93, 0xCD, 0x01, 0x2C, 0x92, 0xC0, 0xC0]);
        Assert.That(reader.ReadArrayHeader(), Is.EqualTo(3));
        try
        {
            _ = reader.ReadByte();
            Assert.Fail("300 is no byte.");
        }
        catch (MessagePackException)
        {
            Assert.That(reader.ReadInt32(), Is.EqualTo(300));
        }
        try
        {
            _ = reader.ReadArrayHeader();
            Assert.Fail("One element is missing.");
        }
        catch (MessagePackException refused)
        {
            Assert.That(refused.Position, Is.EqualTo(4));
        }
    }

    [Test]
    public void Values_that_lie_in_no_array_promise_nothing()
    {
        MessagePackReader reader = new([0xC0, 0xC0, 0xC0, 0x93, 0x01, 0x02]);
        for (int i = 0; i < 3; i++)
        {
            reader.ReadNil();
        }
        Assert.That(Readings.Failure(static (ref MessagePackReader reader) => { _ = reader.ReadArrayHeader(); return ""; }, [0x93, 0x01, 0x02]), Is.Not.Null);
        try
        {
            _ = reader.ReadArrayHeader();
            Assert.Fail("One element is missing.");
        }
        catch (MessagePackException refused)
        {
            Assert.That(refused.Position, Is.EqualTo(3));
        }
    }

    [Test]
    public void Text_is_read_as_NET_reads_it() => Prop.ForAll(Noise.ToArbitrary(), static bytes =>
        new MessagePackReader(Written.By((ref MessagePackWriter writer) => writer.WriteString(bytes))).ReadString() == Encoding.UTF8.GetString(bytes))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static void Hold(Gen<byte[]> bytes, int count)
    {
        int failed = 0, read = 0;
        Prop.ForAll(bytes.ToArbitrary(), each =>
        {
            CheckReadings(each);
            bool fails = Fails(each);
            (fails ? ref failed : ref read)++;
            // The stack of an exception grows with each level that it leaves.
            Assert.That(Allocated(() => Fails(each)), Is.LessThan((fails ? 4 * PerException : PerResult) + each.Length * PerByteOfValues), Convert.ToHexStringLower(each));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithEndSize(200));
        TestContext.Out.WriteLine($"{read} read, {failed} refused");
        Assert.That(failed, Is.Positive);
        Assert.That(read, Is.Positive);
    }

    /// <summary>Reads the bytes in every way, from their beginning.</summary>
    private static void CheckReadings(byte[] bytes)
    {
        foreach ((string name, Reading read) in Readings.All)
        {
            bool failed = Readings.Failure(read, bytes) is not null;
            long allowed = (failed ? PerException : PerResult) + PerByte * bytes.Length;
            // An address is an object, and keeps its text in several forms.
            Assert.That(Allocated(() => Readings.Failure(read, bytes)), Is.LessThanOrEqualTo(name == "ReadUri" ? 4 * allowed : allowed), $"{name} of {Convert.ToHexStringLower(bytes)}");
        }
    }

    /// <summary>What an action allocates each time: now and then .NET adds something of its own, for a pool that it fills again.</summary>
    private static long Allocated<T>(Func<T> action)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }

    private static bool Fails(ReadOnlySpan<byte> bytes)
    {
        MessagePackReader reader = new(bytes);
        try
        {
            _ = Value.Read(ref reader);
            return false;
        }
        catch (MessagePackException)
        {
            return true;
        }
    }

    private static byte[] Nested(string header, int depth)
    {
        byte[] one = Convert.FromHexString(header);
        byte[] bytes = new byte[one.Length * depth + 1];
        for (int i = 0; i < depth; i++)
        {
            one.CopyTo(bytes, i * one.Length);
        }
        bytes[^1] = 0xC0;
        return bytes;
    }

    private static byte[] Mutate(byte[] bytes, int at, byte change, int end)
    {
        bytes[at % bytes.Length] ^= change;
        return end < 0 ? bytes : bytes[..(end % bytes.Length)];
    }
}
