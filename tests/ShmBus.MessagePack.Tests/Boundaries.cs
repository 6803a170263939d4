using System.Globalization;

namespace ShmBus.MessagePack.Tests;

/// <summary>A value at one end of a format, and how its bytes begin: written by hand from the specification (msgpack/msgpack, spec.md).</summary>
/// <param name="Head">All but the last <paramref name="Rest"/> bytes, in hexadecimal.</param>
public sealed record Boundary(string Name, Value Value, string Head, int Rest)
{
    public override string ToString() => Name;
}

/// <summary>The first and the last value of every format.</summary>
internal static class Boundaries
{
    internal static readonly Boundary[] All =
    [
        new("nil", new Nil(), "c0", 0), new("false", new Bool(false), "c2", 0), new("true", new Bool(true), "c3", 0),

        Int(0, "00"), Int(127, "7f"), Int(128, "cc80"), Int(255, "ccff"), Int(256, "cd0100"), Int(65535, "cdffff"),
        Int(65536, "ce00010000"), Int(uint.MaxValue, "ceffffffff"), Int(1L << 32, "cf0000000100000000"),
        Int(long.MaxValue, "cf7fffffffffffffff"), Int(1UL << 63, "cf8000000000000000"), Int(ulong.MaxValue, "cfffffffffffffffff"),
        Int(-1, "ff"), Int(-32, "e0"), Int(-33, "d0df"), Int(-128, "d080"), Int(-129, "d1ff7f"), Int(-32768, "d18000"),
        Int(-32769, "d2ffff7fff"), Int(int.MinValue, "d280000000"), Int(int.MinValue - 1L, "d3ffffffff7fffffff"), Int(long.MinValue, "d38000000000000000"),

        new("float 32", new Float32(1.5f), "ca3fc00000", 0), new("float 64", new Float64(-1.1), "cbbff199999999999a", 0),

        Str(0, "a0"), Str(1, "a1"), Str(31, "bf"), Str(32, "d920"), Str(255, "d9ff"), Str(256, "da0100"), Str(65535, "daffff"), Str(65536, "db00010000"),
        Bin(0, "c400"), Bin(255, "c4ff"), Bin(256, "c50100"), Bin(65535, "c5ffff"), Bin(65536, "c600010000"),
        Arr(0, "90"), Arr(15, "9f"), Arr(16, "dc0010"), Arr(65535, "dcffff"), Arr(65536, "dd00010000"),
        Map(0, "80"), Map(15, "8f"), Map(16, "de0010"), Map(65535, "deffff"), Map(65536, "df00010000"),
        Ext(0, "c7002a"), Ext(1, "d42a"), Ext(2, "d52a"), Ext(3, "c7032a"), Ext(4, "d62a"), Ext(5, "c7052a"), Ext(7, "c7072a"), Ext(8, "d72a"), Ext(9, "c7092a"),
        Ext(15, "c70f2a"), Ext(16, "d82a"), Ext(17, "c7112a"), Ext(255, "c7ff2a"), Ext(256, "c801002a"), Ext(65535, "c8ffff2a"), Ext(65536, "c9000100002a"),
        new("ext type -128", new Extension(-128, [7]), "d480", 1), new("ext type 127", new Extension(127, [7]), "d47f", 1),

        At("1970-01-01T00:00:00", "d6ff00000000"), At("2106-02-07T06:28:15", "d6ffffffffff"),
        At("1970-01-01T00:00:00.0000001", "d7ff0000019000000000"), At("2106-02-07T06:28:16", "d7ff0000000100000000"),
        At("2514-05-30T01:53:03.9999999", "d7ffee6b2673ffffffff"), At("2514-05-30T01:53:04", "c70cff000000000000000400000000"),
        At("1969-12-31T23:59:59.9999999", "c70cff3b9ac99cffffffffffffffff"),
        At("0001-01-01T00:00:00", "c70cff00000000fffffff1886e0900"), At("9999-12-31T23:59:59.9999999", "c70cff3b9ac99c0000003afff4417f"),
    ];

    private static Boundary Int(Int128 value, string bytes) => new($"integer {value}", new Integer(value), bytes, 0);

    private static Boundary Str(int length, string head) => new($"str of {length}", new Text(new string('x', length)), head, length);

    private static Boundary Bin(int length, string head) => new($"bin of {length}", new Binary(Filled(length)), head, length);

    private static Boundary Arr(int count, string head) => new($"array of {count}", new Sequence([.. Enumerable.Repeat(new Nil(), count)]), head, count);

    private static Boundary Map(int count, string head) =>
        new($"map of {count}", new Pairs([.. Enumerable.Repeat(((Value)new Bool(true), (Value)new Nil()), count)]), head, 2 * count);

    private static Boundary Ext(int length, string head) => new($"ext of {length}", new Extension(42, Filled(length)), head, length);

    private static Boundary At(string time, string bytes) => new($"timestamp {time}",
        new Time(DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)), bytes, 0);

    private static byte[] Filled(int length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(0xA5);
        return bytes;
    }
}
