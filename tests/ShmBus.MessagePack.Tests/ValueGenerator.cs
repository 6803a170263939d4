using FsCheck;
using FsCheck.Fluent;

namespace ShmBus.MessagePack.Tests;

/// <summary>Values of every type, in each other, often at or next to where another format begins.</summary>
internal static class ValueGenerator
{
    private static readonly Gen<Value> Number =
        from bit in Gen.Choose(0, 64) from off in Gen.Choose(-2, 2) from negative in Gen.Elements(false, true)
        let number = (Int128.One << bit) * (negative ? -1 : 1) + off
        where number >= long.MinValue && number <= ulong.MaxValue
        select (Value)new Integer(number);

    private static readonly Gen<Value> Float = Gen.OneOf(
        Gen.Elements(0d, -0d, 1, 0.1, double.NaN, double.Epsilon, double.MaxValue, double.NegativeInfinity, float.MaxValue).Select(static each => (Value)new Float64(each)),
        Gen.Elements(0f, -0f, 1, 0.1f, float.NaN, float.Epsilon, float.MaxValue, float.PositiveInfinity).Select(static each => (Value)new Float32(each)),
        from high in Gen.Choose(int.MinValue, int.MaxValue) from low in Gen.Choose(int.MinValue, int.MaxValue)
        select BitConverter.Int64BitsToDouble((long)high << 32 | (uint)low) into number
        where !double.IsNaN(number)
        select (Value)new Float64(number));

    private static readonly Gen<string> Rune = Gen.OneOf(
        Gen.Choose(0, 0x7F), Gen.Choose(0x80, 0x7FF), Gen.Choose(0x800, 0xD7FF), Gen.Choose(0xE000, 0xFFFF), Gen.Choose(0x10000, 0x10FFFF))
        .Select(char.ConvertFromUtf32);

    private static readonly Gen<int> Length = Gen.Frequency(
        (8, Gen.Choose(0, 40)), (1, Gen.Elements(15, 16, 17, 31, 32, 33)), (1, Gen.Elements(254, 255, 256, 257)));

    private static readonly Gen<Value> String =
        from length in Length from runes in Gen.ArrayOf(Rune, length) select (Value)new Text(string.Concat(runes));

    private static readonly Gen<byte[]> Bytes =
        from length in Length from bytes in Gen.ArrayOf(Gen.Choose(0, 255), length) select Array.ConvertAll(bytes, static each => (byte)each);

    private static readonly Gen<Value> Times = Gen.OneOf(
        Gen.Elements(DateTime.MinValue, DateTime.UnixEpoch, DateTime.UnixEpoch.AddTicks(-1), DateTime.UnixEpoch.AddSeconds(uint.MaxValue),
            DateTime.UnixEpoch.AddSeconds(1L + uint.MaxValue), DateTime.UnixEpoch.AddSeconds((1L << 34) - 1), DateTime.UnixEpoch.AddSeconds(1L << 34), DateTime.MaxValue),
        from seconds in Gen.Choose(int.MinValue, int.MaxValue) from ticks in Gen.Choose(0, 9_999_999)
        select DateTime.UnixEpoch.AddSeconds(seconds * 10L).AddTicks(ticks)).Select(static each => (Value)new Time(DateTime.SpecifyKind(each, DateTimeKind.Utc)));

    private static readonly Gen<Value> Leaf = Gen.Frequency(
        (1, Gen.Constant((Value)new Nil())),
        (1, Gen.Elements(false, true).Select(static each => (Value)new Bool(each))),
        (5, Number), (2, Float), (2, String), (1, Times),
        (1, Bytes.Select(static each => (Value)new Binary(each))),
        (1, from type in Gen.Choose(-128, 127).Where(static type => type != -1) from data in Bytes select (Value)new Extension((sbyte)type, data)));

    internal static Gen<Value> Any { get; } = Gen.Sized(static size => Nested(size, 4));

    /// <summary>So many of them.</summary>
    internal static Value[] Sample(int count) => [.. Any.Sample(count, 20)];

    private static Gen<Value> Nested(int size, int depth) => depth == 0 ? Leaf : Gen.Frequency(
        (6, Leaf),
        (1, from count in Gen.Choose(0, Math.Min(size, 18)) from elements in Gen.ArrayOf(Nested(size / 2, depth - 1), count) select (Value)new Sequence(elements)),
        (1, from count in Gen.Choose(0, Math.Min(size, 18))
            from keys in Gen.ArrayOf(Leaf, count) from values in Gen.ArrayOf(Nested(size / 2, depth - 1), count)
            select (Value)new Pairs([.. keys.Zip(values)])));
}
