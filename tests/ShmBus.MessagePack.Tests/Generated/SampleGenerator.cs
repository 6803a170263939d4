using System.Collections.Immutable;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>Values of the sample types, numbers often where another format begins.</summary>
internal static class SampleGenerator
{
    private static readonly Gen<long> Long =
        from bit in Gen.Choose(0, 63) from off in Gen.Choose(-2, 2) from negative in Gen.Elements(false, true)
        select unchecked(((1L << bit) + off) * (negative ? -1 : 1));

    private static readonly Gen<int> Int = Long.Select(static each => unchecked((int)each));

    private static readonly Gen<double> Double = Gen.OneOf(
        Gen.Elements(0, -0d, 1.5, double.MaxValue, double.NegativeInfinity, double.Epsilon), Long.Select(static each => (double)each), Gen.Choose(-999, 999).Select(static each => each / 100d));

    private static readonly Gen<bool> Bool = Gen.Elements(false, true);

    private static readonly Gen<string> String = from length in Gen.Choose(0, 40) from text in Gen.ArrayOf(Gen.Elements("a", "Z", "ß", "日", "🙂", " "), length) select string.Concat(text);

    private static readonly Gen<string?> MaybeString = Gen.OneOf(String, Gen.Constant<string?>(null)!)!;

    private static readonly Gen<byte[]> Bytes = Gen.ArrayOf(Gen.Choose(0, 255).Select(static each => (byte)each));

    private static readonly Gen<Guid> Guids = from high in Long from low in Long select new Guid([.. BitConverter.GetBytes(high), .. BitConverter.GetBytes(low)]);

    private static readonly Gen<decimal> Decimals = from mantissa in Long from scale in Gen.Choose(0, 28) select new decimal((int)mantissa, (int)(mantissa >> 32), 7, mantissa < 0, (byte)scale);

    private static readonly Gen<DateTime> Times = from days in Gen.Choose(0, DateTime.MaxValue.Subtract(DateTime.MinValue).Days) from ticks in Gen.Choose(0, int.MaxValue)
        select DateTime.SpecifyKind(DateTime.MinValue.AddDays(days).AddTicks(ticks), DateTimeKind.Utc);

    internal static Gen<Tick> Tick { get; } =
        from sequence in Long from bid in Double from ask in Double from bidSize in Int from askSize in Int from time in Long from venue in Int from isLast in Bool
        select new Tick(sequence, bid, ask, bidSize, askSize, time, unchecked((uint)venue), isLast);

    internal static Gen<Line> Line { get; } = from product in String from quantity in Int from price in Decimals select new Line(product, quantity, price);

    internal static Gen<Order> Order { get; } =
        from id in Guids from customer in MaybeString from lines in Gen.ArrayOf(Line) from side in Gen.Elements(Side.Buy, Side.Sell, (Side)0) from placed in Maybe(Times)
        select new Order(id, customer, lines, side, placed);

    internal static Gen<Person> Person { get; } = Persons(3);

    internal static Gen<IShape> Shape { get; } = Gen.OneOf(
        Double.Select(static each => (IShape)new Circle(each)), Double.Select(static each => (IShape)new Square { Side = each }), Gen.Constant((IShape)new Dot()));

    internal static Gen<Everything> Everything { get; } =
        from numbers in Gen.ArrayOf(Long, 20) from isTrue in Bool from number in Double from text in MaybeString from dec in Decimals from id in Guids
        from time in Times from bytes in Gen.ArrayOf(Bytes, 4) from tick in Tick from maybeTick in Maybe(Tick) from line in Line from maybe in Maybe(Int) from lines in Bool
        select unchecked(new Everything
        {
            Bool = isTrue, SByte = (sbyte)numbers[0], Byte = (byte)numbers[1], Int16 = (short)numbers[2], UInt16 = (ushort)numbers[3], Int32 = (int)numbers[4],
            UInt32 = (uint)numbers[5], Int64 = numbers[6], UInt64 = (ulong)numbers[7], Single = (float)number, Double = number, Char = (char)numbers[8], String = text,
            Decimal = dec, Guid = id, DateTime = time, DateTimeOffset = new DateTimeOffset(new DateTime(2000, 1, 1).AddTicks(numbers[9] % TimeSpan.TicksPerDay), TimeSpan.FromMinutes(numbers[9] % 840)),
            TimeSpan = new TimeSpan(numbers[10]), DateOnly = DateOnly.FromDateTime(time), TimeOnly = TimeOnly.FromDateTime(time), Uri = isTrue ? new Uri("http://example.org/ü?x#y") : null,
            Version = isTrue ? new Version(1, 2, int.MaxValue) : null, BigInteger = (BigInteger)numbers[11] * numbers[12] * numbers[13], Bytes = isTrue ? bytes[0] : null, Memory = bytes[1], ReadOnlyMemory = bytes[2],
            Segment = isTrue ? new(bytes[3]) : default, Side = (Side)numbers[14], Distance = (Distance)numbers[15], MaybeInt = maybe, MaybeSide = maybe is null ? Side.Sell : null, Tick = tick, MaybeTick = maybeTick,
            Line = lines ? line : null, Pair = new((int)numbers[16], text ?? ""), Two = ((int)numbers[17], text), Nine = (1, 2, 3, 4, 5, 6, 7, (int)numbers[18], text ?? ""),
            Boxed = isTrue ? new((int)numbers[19], "boxed") : null,
        });

    internal static Gen<Collections> Collections { get; } =
        from ints in Gen.ArrayOf(Int) from texts in Gen.ArrayOf(Gen.ArrayOf(MaybeString)) from lines in Gen.ArrayOf(Line) from ticks in Gen.ArrayOf(Tick) from isNull in Bool
        let distinct = ints.Distinct().ToArray()
        select isNull ? new Collections() : new Collections
        {
            Array = ints, Jagged = texts, List = [.. lines], IList = [.. ints], ICollection = [.. ints], IEnumerable = ints.Select(static each => each ^ 1), IReadOnlyList = [.. ints], IReadOnlyCollection = [.. ints],
            HashSet = [.. texts.SelectMany(static each => each).OfType<string>()], ISet = new HashSet<int>(ints), SortedSet = [.. ints], Queue = new(ints), Stack = new(ints), LinkedList = new(ints),
            Dictionary = distinct.ToDictionary(static each => $"{each}"), IDictionary = distinct.ToDictionary(static each => each, each => each > 0 ? lines.FirstOrDefault() : null),
            IReadOnlyDictionary = distinct.ToDictionary(static _ => Guid.NewGuid(), static each => new List<int> { each }), SortedDictionary = new(distinct.ToDictionary(static each => each, static each => $"{each}")),
            ImmutableArray = [.. ticks], ImmutableList = [.. ints], ImmutableHashSet = [.. ints], ImmutableDictionary = distinct.ToImmutableDictionary(static each => $"{each}", static each => (double)each),
            IReadOnlySet = new HashSet<int>(ints), Nullables = [.. ints.Select(static each => each > 0 ? (int?)each : null)], Ticks = ticks,
        };

    private static Gen<T?> Maybe<T>(Gen<T> value) where T : struct => Gen.OneOf(value.Select(static each => (T?)each), Gen.Constant<T?>(null));

    private static Gen<Person> Persons(int depth) =>
        from name in String from age in Int from email in MaybeString from friends in depth == 0 ? Gen.Constant(Array.Empty<Person>()) : Gen.ArrayOf(Persons(depth - 1)).Resize(3)
        select new Person(name, age) { Email = email, Friends = [.. friends] };
}
