using System.Collections.Immutable;
using System.Numerics;

namespace ShmBus.MessagePack.Tests.Generated;

// Types of every kind, as a user writes them.

[MessagePackObject]
public readonly record struct Tick(
    [property: Key(0)] long Sequence, [property: Key(1)] double Bid, [property: Key(2)] double Ask, [property: Key(3)] int BidSize,
    [property: Key(4)] int AskSize, [property: Key(5)] long Time, [property: Key(6)] uint Venue, [property: Key(7)] bool IsLast);

public enum Side : byte
{
    Buy = 1,
    Sell = 200,
}

public enum Distance : long
{
    Far = long.MinValue,
}

[MessagePackObject]
public sealed record Line([property: Key(0)] string Product, [property: Key(1)] int Quantity, [property: Key(2)] decimal Price);

[MessagePackObject]
public sealed record Order(
    [property: Key(0)] Guid Id, [property: Key(1)] string? Customer, [property: Key(2)] Line[] Lines, [property: Key(3)] Side Side, [property: Key(5)] DateTime? Placed = null);

/// <summary>Whatever a member can be, but for the types of collections.</summary>
[MessagePackObject]
public sealed class Everything
{
    [Key(0)] public bool Bool { get; set; }
    [Key(1)] public sbyte SByte { get; set; }
    [Key(2)] public byte Byte { get; set; }
    [Key(3)] public short Int16 { get; set; }
    [Key(4)] public ushort UInt16 { get; set; }
    [Key(5)] public int Int32 { get; set; }
    [Key(6)] public uint UInt32 { get; set; }
    [Key(7)] public long Int64 { get; set; }
    [Key(8)] public ulong UInt64 { get; set; }
    [Key(9)] public float Single { get; set; }
    [Key(10)] public double Double { get; set; }
    [Key(11)] public char Char { get; set; }
    [Key(12)] public string? String { get; set; }
    [Key(13)] public decimal Decimal { get; set; }
    [Key(14)] public Guid Guid { get; set; }
    [Key(15)] public DateTime DateTime { get; set; } = DateTime.UnixEpoch;
    [Key(16)] public DateTimeOffset DateTimeOffset { get; set; }
    [Key(17)] public TimeSpan TimeSpan { get; set; }
    [Key(18)] public DateOnly DateOnly { get; set; }
    [Key(19)] public TimeOnly TimeOnly { get; set; }
    [Key(20)] public Uri? Uri { get; set; }
    [Key(21)] public Version? Version { get; set; }
    [Key(22)] public BigInteger BigInteger { get; set; }
    [Key(23)] public byte[]? Bytes { get; set; }
    [Key(24)] public Memory<byte> Memory { get; set; }
    [Key(25)] public ReadOnlyMemory<byte> ReadOnlyMemory { get; set; }
    [Key(26)] public ArraySegment<byte> Segment { get; set; }
    [Key(27)] public Side Side { get; set; }
    [Key(28)] public Distance Distance { get; set; }
    [Key(29)] public int? MaybeInt { get; set; }
    [Key(30)] public Side? MaybeSide { get; set; }
    [Key(31)] public Tick Tick { get; set; }
    [Key(32)] public Tick? MaybeTick { get; set; }
    [Key(33)] public Line? Line { get; set; }
    [Key(34)] public KeyValuePair<int, string> Pair { get; set; }
    [Key(35)] public (int Number, string? Text) Two { get; set; }
    [Key(36)] public (int, int, int, int, int, int, int, int, string) Nine { get; set; }
    [Key(37)] public Tuple<int, string>? Boxed { get; set; }
}

[MessagePackObject]
public sealed class Collections
{
    [Key(0)] public int[]? Array { get; set; }
    [Key(1)] public string?[][]? Jagged { get; set; }
    [Key(2)] public List<Line>? List { get; set; }
    [Key(3)] public IList<int>? IList { get; set; }
    [Key(4)] public ICollection<int>? ICollection { get; set; }
    [Key(5)] public IEnumerable<int>? IEnumerable { get; set; }
    [Key(6)] public IReadOnlyList<int>? IReadOnlyList { get; set; }
    [Key(7)] public IReadOnlyCollection<int>? IReadOnlyCollection { get; set; }
    [Key(8)] public HashSet<string>? HashSet { get; set; }
    [Key(9)] public ISet<int>? ISet { get; set; }
    [Key(10)] public SortedSet<int>? SortedSet { get; set; }
    [Key(11)] public Queue<int>? Queue { get; set; }
    [Key(12)] public Stack<int>? Stack { get; set; }
    [Key(13)] public LinkedList<int>? LinkedList { get; set; }
    [Key(14)] public Dictionary<string, int>? Dictionary { get; set; }
    [Key(15)] public IDictionary<int, Line?>? IDictionary { get; set; }
    [Key(16)] public IReadOnlyDictionary<Guid, List<int>>? IReadOnlyDictionary { get; set; }
    [Key(17)] public SortedDictionary<int, string>? SortedDictionary { get; set; }
    [Key(18)] public ImmutableArray<Tick> ImmutableArray { get; set; }
    [Key(19)] public ImmutableList<int>? ImmutableList { get; set; }
    [Key(20)] public ImmutableHashSet<int>? ImmutableHashSet { get; set; }
    [Key(21)] public ImmutableDictionary<string, double>? ImmutableDictionary { get; set; }
    [Key(22)] public IReadOnlySet<int>? IReadOnlySet { get; set; }
    [Key(23)] public List<int?>? Nullables { get; set; }
    [Key(24)] public Tick[]? Ticks { get; set; }
}

[MessagePackObject(keyAsPropertyName: true)]
public record Person(string Name, int Age)
{
    public string? Email { get; init; } = "none";

    [IgnoreMember] public bool IsAdult => Age >= 18;

    public List<Person> Friends { get; set; } = [];
}

[MessagePackObject]
public class Named
{
    [Key("n")] public string Name = "";

    [Key("größe")] public int Size { get; set; } = 7;
}

[MessagePackObject]
public class Base
{
    [Key(0)] public int Id { get; set; }

    [Key(1)] public virtual string? Text { get; set; }
}

[MessagePackObject]
public sealed class Derived : Base
{
    public override string? Text { get; set; } = "kept";

    [Key(3)] public required double Value { get; init; }

    [Key(2)] public int Defaulted { get; init; } = 42;
}

[Union(0, typeof(Circle)), Union(1, typeof(Square)), Union(300, typeof(Dot))]
public interface IShape;

[MessagePackObject]
public sealed record Circle([property: Key(0)] double Radius) : IShape;

[MessagePackObject]
public class Square : IShape
{
    [Key(0)] public double Side { get; set; }
}

[MessagePackObject]
public record struct Dot : IShape;

/// <summary>Not in the union.</summary>
public sealed class Rhombus : Square;

[Union(0, typeof(Cat))]
public abstract record Animal([property: Key(0)] string Name);

[MessagePackObject]
public sealed record Cat(string Name, [property: Key(1)] IShape? Toy) : Animal(Name);

[MessagePackObject]
public sealed class Node
{
    [Key(0)] public Node? Next { get; set; }

    [Key(1)] public Node?[]? Children { get; set; }
}

[MessagePackObject]
public sealed record Pair<T>([property: Key(0)] T First, [property: Key(1)] T Second)
{
    [Key(2)] public int Weight { get; init; } = 1;
}

[MessagePackObject]
public sealed record PairOfPairs([property: Key(0)] Pair<int> Numbers, [property: Key(1)] Pair<Line> Lines);

public static class Outer
{
    [MessagePackObject]
    public sealed record Inner([property: Key(0)] int @class, [property: Key(1)] int Other = 5);
}

[MessagePackObject]
internal struct Hidden
{
    [Key(0)] internal int Number;

    [Key(2)] public float Half;
}

[MessagePackObject]
public sealed class Chosen
{
    [SerializationConstructor]
    public Chosen(int number) => Number = number + 1;

    public Chosen(int number, string text) => (Number, Text) = (number, text);

    [Key(0)] public int Number { get; }

    [Key(1)] public string? Text { get; set; }
}

[MessagePackObject]
public readonly record struct Empty;

[MessagePackObject]
public sealed class LongKeys
{
    private const string Ten = "0123456789";
    private const string Hundred = Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten;
    private const string Thousand = Hundred + Hundred + Hundred + Hundred + Hundred + Hundred + Hundred + Hundred + Hundred + Hundred;
    private const string Many = Thousand + Thousand + Thousand + Thousand + Thousand + Thousand + Thousand;
    internal const string Most = Many + Many + Many + Many + Many + Many + Many + Many + Many + Many;

    [Key("")] public int None { get; set; }

    [Key(Hundred)] public int Long { get; set; }

    [Key(Thousand)] public int Longer { get; set; }

    [Key(Most)] public int Longest { get; set; }

    [Key("\U0001F600 {,:}\n")] public int Odd { get; set; }
}
