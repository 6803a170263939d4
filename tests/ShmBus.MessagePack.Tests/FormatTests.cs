using System.Buffers;
using FsCheck;
using FsCheck.Fluent;

namespace ShmBus.MessagePack.Tests;

/// <summary>Every format, both ways.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class FormatTests
{
    [TestCaseSource(typeof(Boundaries), nameof(Boundaries.All))]
    public void The_ends_of_every_format_are_written_as_the_specification_says(Boundary boundary)
    {
        byte[] bytes = boundary.Value.ToBytes();
        Assert.That(Convert.ToHexStringLower(bytes.AsSpan()[..^boundary.Rest]), Is.EqualTo(boundary.Head));
    }

    [TestCaseSource(typeof(Boundaries), nameof(Boundaries.All))]
    public void The_ends_of_every_format_are_read(Boundary boundary)
    {
        byte[] bytes = boundary.Value.ToBytes();
        Assert.That(Value.Read(bytes).ToString(), Is.EqualTo(boundary.Value.ToString()));
        MessagePackReader reader = new([.. bytes, 0x2A]);
        Assert.That(reader.ReadRaw().SequenceEqual(bytes), Is.True);
        Assert.That(reader.ReadInt32(), Is.EqualTo(42), "Skipping stops where the value ends.");
    }

    [TestCaseSource(typeof(Boundaries), nameof(Boundaries.All))]
    public void A_value_asks_for_just_the_bytes_it_takes(Boundary boundary)
    {
        FixedOutput output = new(boundary.Head.Length / 2 + boundary.Rest);
        MessagePackWriter writer = new(output);
        boundary.Value.Write(ref writer);
        writer.Flush();
        Assert.That(output.Written, Is.EqualTo(output.Capacity));
    }

    [Test]
    public void Any_value_is_read_as_it_was_written() => Prop.ForAll(ValueGenerator.Any.ToArbitrary(), static value =>
    {
        byte[] bytes = value.ToBytes();
        MessagePackReader reader = new(bytes);
        reader.Skip();
        return reader.End && Value.Read(bytes).ToString() == value.ToString();
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Test]
    public void Any_value_is_written_the_same_into_an_output_that_hands_out_little_at_a_time() => Prop.ForAll(ValueGenerator.Any.ToArbitrary(), static value =>
    {
        MeagreOutput output = new();
        MessagePackWriter writer = new(output);
        value.Write(ref writer);
        writer.Flush();
        return output.Written.SequenceEqual(value.ToBytes());
    }).QuickCheckThrowOnFailure();

    [Test]
    public void Any_value_is_read_from_pieces() => Prop.ForAll(ValueGenerator.Any.ToArbitrary(), Gen.Choose(1, 8).ToArbitrary(), static (value, size) =>
    {
        ReadOnlySequence<byte> pieces = Piece.Cut(value.ToBytes(), size);
        MessagePackReader reader = new(pieces);
        return Value.Read(ref reader).ToString() == value.ToString() && reader.End && reader.Position == pieces.Length;
    }).QuickCheckThrowOnFailure();

    [Test]
    public void One_piece_is_read_where_it_lies()
    {
        byte[] bytes = new Binary([1, 2, 3]).ToBytes();
        MessagePackReader reader = new(new ReadOnlySequence<byte>(bytes));
        Assert.That(reader.ReadBytes().Overlaps(bytes), Is.True);
    }

    [TestCase("cc05")]
    [TestCase("cd0005")]
    [TestCase("ce00000005")]
    [TestCase("cf0000000000000005")]
    [TestCase("d005")]
    [TestCase("d10005")]
    [TestCase("d200000005")]
    [TestCase("d30000000000000005")]
    public void A_longer_form_of_an_integer_is_the_same_number(string bytes) => Assert.That(Value.Read(Convert.FromHexString(bytes)).ToString(), Is.EqualTo("i5"));

    [TestCase("d90161", "s61")]
    [TestCase("da000161", "s61")]
    [TestCase("db0000000161", "s61")]
    [TestCase("c5000161", "b61")]
    [TestCase("c60000000161", "b61")]
    [TestCase("dc0001c0", "[n]")]
    [TestCase("dd00000001c0", "[n]")]
    [TestCase("de0001c0c3", "{n t}")]
    [TestCase("df00000001c0c3", "{n t}")]
    [TestCase("c7010561", "e5:61")]
    [TestCase("c800010561", "e5:61")]
    [TestCase("c9000000010561", "e5:61")]
    [TestCase("c704ff00000001", "T1.0")]
    public void A_longer_form_of_a_header_is_the_same_value(string bytes, string value)
    {
        Assert.That(Value.Read(Convert.FromHexString(bytes)).ToString(), Is.EqualTo(value));
        MessagePackReader reader = new(Convert.FromHexString(bytes));
        reader.Skip();
        Assert.That(reader.End, Is.True);
    }

    [Test]
    public void Every_first_byte_has_the_type_that_the_specification_gives_it()
    {
        string types = string.Concat(Enumerable.Range(0, 256).Select(static code =>
        {
            MessagePackReader reader = new([(byte)code]);
            return "UINBFSDAMX"[(int)reader.NextMessagePackType];
        }));
        Assert.That(types, Is.EqualTo(
            new string('I', 128) + new string('M', 16) + new string('A', 16) + new string('S', 32) +
            "NUBBDDDXXXFFIIIIIIIIXXXXXSSSAAMM" + new string('I', 32)));
    }

    [Test]
    public void Text_that_is_not_valid_is_written_and_read_with_replacements_and_can_be_had_as_it_stands()
    {
        Assert.That(Written.AsHex(static (ref MessagePackWriter writer) => writer.Write("a\ud800b")), Is.EqualTo("a561efbfbd62"));
        MessagePackReader reader = new([0xA3, 0x61, 0xFF, 0x62]);
        Assert.That(reader.ReadString(), Is.EqualTo("a�b"));
        reader = new([0xA3, 0x61, 0xFF, 0x62]);
        Assert.That(reader.ReadStringSpan().ToArray(), Is.EqualTo("a"u8.ToArray().Append((byte)0xFF).Append((byte)'b')));
    }

    [Test]
    public void What_is_null_is_nil()
    {
        Assert.That(Written.AsHex(static (ref MessagePackWriter writer) => writer.Write((string?)null)), Is.EqualTo("c0"));
        Assert.That(Written.AsHex(static (ref MessagePackWriter writer) => writer.Write((byte[]?)null)), Is.EqualTo("c0"));
        MessagePackReader reader = new([0xC0, 0xC0, 0xC0, 0xC0]);
        Assert.That(reader.IsNil, Is.True);
        Assert.That(reader.ReadString(), Is.Null);
        Assert.That(reader.ReadByteArray(), Is.Null);
        Assert.That(reader.TryReadNil(), Is.True);
        reader.ReadNil();
        Assert.That(reader.TryReadNil() || reader.IsNil, Is.False, "at the end");
    }

    [Test]
    public void A_negative_length_is_refused() => Assert.Multiple(static () =>
    {
        Assert.That(static () => Written.By(static (ref MessagePackWriter writer) => writer.WriteArrayHeader(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => Written.By(static (ref MessagePackWriter writer) => writer.WriteMapHeader(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => Written.By(static (ref MessagePackWriter writer) => writer.WriteStringHeader(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => Written.By(static (ref MessagePackWriter writer) => writer.WriteBinHeader(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => Written.By(static (ref MessagePackWriter writer) => writer.WriteExtensionHeader(0, -1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    });

    /// <summary>Hands out what is asked for and no byte more.</summary>
    private sealed class MeagreOutput : IBufferWriter<byte>
    {
        private byte[] _given = [];

        internal List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_given.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _given = new byte[Math.Max(1, sizeHint)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal static ReadOnlySequence<byte> Cut(byte[] bytes, int size)
        {
            Piece first = new() { Memory = bytes.AsMemory(0, Math.Min(size, bytes.Length)) };
            Piece last = first;
            for (int at = first.Memory.Length; at < bytes.Length; at += size)
            {
                Piece next = new() { Memory = bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), RunningIndex = at };
                last.Next = next;
                last = next;
            }
            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
