using Foreign;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>
/// What is generated writes, byte for byte, what MessagePack-CSharp's standard resolver writes for the same types. The bytes were made by
/// hand: of objects, keys and unions from what its README.md says under "Object Serialization", "Union" and "Performance", and from
/// src/MessagePack.SourceGenerator/CodeAnalysis/TypeCollector.cs (01d6388) for order and constructors; of other types from the sources
/// that src/ShmBus.MessagePack/FORMAT.md names.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class BytesTests
{
    [MessagePackObject]
    internal sealed class IntKeySample
    {
        [Key(3)] public int A { get; set; }

        [Key(0)] public int B { get; set; }
    }

    [Test]
    public void Numbers_as_keys_are_places_in_an_array_with_nil_between() => Check(IntKeySample.MessagePack, new() { A = 10, B = 20 }, "9414c0c00a");

    [Test]
    public void Text_as_keys_is_a_map_in_the_order_of_properties_then_fields() =>
        Check(Named.MessagePack, new() { Name = "x", Size = 1 }, "82" + "a7" + "6772c3b6c39f65" + "01" + "a16e" + "a178");

    [Test]
    public void Names_of_members_are_keys_of_a_map() =>
        Check(Person.MessagePack, new("Ann", 30) { Email = null }, "84" + "a44e616d65" + "a3416e6e" + "a3416765" + "1e" + "a5456d61696c" + "c0" + "a7467269656e6473" + "90");

    [Test]
    public void A_struct_is_as_a_class() =>
        Check(Tick.MessagePack, new(1, 2, -0.5, 128, -33, long.MinValue, uint.MaxValue, true),
            "98" + "01" + "cb4000000000000000" + "cbbfe0000000000000" + "cc80" + "d0df" + "d38000000000000000" + "ceffffffff" + "c3");

    [Test]
    public void A_record_with_objects_in_it() =>
        Check(Order.MessagePack, new(Guid.Empty, null, [new("p", 2, 1.50m), null!], Side.Sell),
            "96" + "d92430303030303030302d303030302d303030302d303030302d303030303030303030303030" + "c0" + "92" + "93a17002a4312e3530" + "c0" + "ccc8" + "c0" + "c0");

    [Test]
    public void No_object_is_nil() => Check(Line.MessagePack, null!, "c0");

    [Test]
    public void An_object_without_members_is_an_empty_array() => Check(Empty.MessagePack, default, "90");

    [Test]
    public void A_union_is_an_array_of_number_and_value()
    {
        Check(IShape.MessagePack, new Circle(1), "9200" + "91cb3ff0000000000000");
        Check(IShape.MessagePack, new Square(), "9201" + "91cb0000000000000000");
        Check(IShape.MessagePack, new Dot(), "92cd012c" + "90");
        Check(IShape.MessagePack, null!, "c0");
        Check(Animal.MessagePack, new Cat("Tom", new Dot()), "9200" + "92" + "a3546f6d" + "92cd012c90");
        Check(Cat.MessagePack, new Cat("Tom", null), "92" + "a3546f6d" + "c0");
    }

    [Test]
    public void Whatever_is_no_type_of_the_union_is_not_written() =>
        Assert.That(static () => IShape.MessagePack.Bytes(new Rhombus()), Throws.TypeOf<NotSupportedException>().With.Message.Contains("Rhombus").And.Message.Contains("IShape"));

    [Test]
    public void Members_of_base_types_and_overridden_ones() =>
        Check(Derived.MessagePack, new Derived { Id = 1, Text = "t", Value = 0, Defaulted = 3 }, "94" + "01" + "a174" + "03" + "cb0000000000000000");

    [Test]
    public void Generic_types_and_types_in_others_and_internal_ones()
    {
        Check(PairOfPairs.MessagePack, new(new(1, 2), new(null!, new("l", 0, 0)) { Weight = 9 }), "92" + "93010201" + "93c093a16c00a13009");
        Check(Outer.Inner.MessagePack, new(1), "920105");
        Check(Hidden.MessagePack, new() { Number = 1, Half = 0.5f }, "9301c0ca3f000000");
    }

    [Test]
    public void Types_with_the_attributes_of_MessagePack_CSharp()
    {
        Check(ITree.MessagePack, new Leaf(1, "x"), "9207" + "9201a178");
        Check(Mapped.MessagePack, new() { Number = 1, Text = "x" }, "82" + "a64e756d626572" + "01" + "a454657874" + "a178");
    }

    [Test]
    public void Every_type_of_member()
    {
        const string Tick = "98" + "00" + "cb0000000000000000" + "cb0000000000000000" + "00" + "00" + "00" + "00" + "c2";
        Check(Everything.MessagePack, new()
        {
            Bool = true, SByte = -128, Byte = 255, Int16 = short.MinValue, UInt16 = ushort.MaxValue, Int32 = int.MinValue, UInt32 = uint.MaxValue, Int64 = long.MinValue,
            UInt64 = ulong.MaxValue, Single = 0.5f, Double = 0.5, Char = 'ä', String = "é", Decimal = 1.10m, DateTimeOffset = new(1970, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)),
            TimeSpan = TimeSpan.FromTicks(-1), DateOnly = new(1, 1, 3), TimeOnly = new(4), Uri = new("a/b", UriKind.Relative), Version = new(1, 2), BigInteger = 256,
            Bytes = [1, 2], Memory = new byte[] { 3 }, ReadOnlyMemory = new byte[] { 4 }, Segment = new byte[] { 5 }, Side = Side.Sell, Distance = Distance.Far,
            MaybeInt = 1, MaybeSide = Side.Buy, MaybeTick = default(Tick), Line = new("l", 1, 2), Pair = new(1, "p"), Two = (2, null), Nine = (1, 2, 3, 4, 5, 6, 7, 8, "9"), Boxed = new(1, "b"),
        },
            "dc0026" + "c3" + "d080" + "ccff" + "d18000" + "cdffff" + "d280000000" + "ceffffffff" + "d38000000000000000" + "cfffffffffffffffff" + "ca3f000000" + "cb3fe0000000000000" +
            "cce4" + "a2c3a9" + "a4312e3130" + "d92430303030303030302d303030302d303030302d303030302d303030303030303030303030" + "d6ff00000000" + "92d6ff00001c2078" + "ff" + "02" + "04" +
            "a3612f62" + "a3312e32" + "c4020001" + "c4020102" + "c40103" + "c40104" + "c40105" + "ccc8" + "d38000000000000000" + "01" + "01" + Tick + Tick + "93a16c01a132" + "9201a170" + "9202c0" +
            "980102030405060791".Replace("91", "92", StringComparison.Ordinal) + "08a139" + "9201a162");
    }

    [Test]
    public void Every_collection() => Check(Collections.MessagePack, new()
    {
        Array = [1], Jagged = [["a", null], null!], List = [new("l", 1, 2)], IList = [1], ICollection = [2], IEnumerable = Enumerable.Range(1, 2).Where(static each => each > 1), IReadOnlyList = [3],
        IReadOnlyCollection = [4], HashSet = ["h"], ISet = new HashSet<int> { 5 }, SortedSet = [7, 6], Queue = new([1, 2]), Stack = new([1, 2]), LinkedList = new([1, 2]),
        Dictionary = new() { ["k"] = 1 }, IDictionary = new Dictionary<int, Line?> { [1] = null }, IReadOnlyDictionary = new Dictionary<Guid, List<int>> { [Guid.Empty] = [1] },
        SortedDictionary = new() { [2] = "b", [1] = "a" }, ImmutableArray = [default], ImmutableList = [1], ImmutableHashSet = [1],
        ImmutableDictionary = System.Collections.Immutable.ImmutableDictionary<string, double>.Empty.Add("k", 0), IReadOnlySet = new HashSet<int> { 1 }, Nullables = [1, null], Ticks = [],
    },
        "dc0019" + "9101" + "9292a161c0c0" + "9193a16c01a132" + "9101" + "9102" + "9102" + "9103" + "9104" + "91a168" + "9105" + "920607" + "920102" + "920201" + "920102" +
        "81a16b01" + "8101c0" + "81d92430303030303030302d303030302d303030302d303030302d3030303030303030303030309101" + "8201a16102a162" +
        "919800cb0000000000000000cb000000000000000000000000c2" + "9101" + "9101" + "81a16bcb0000000000000000" + "9101" + "9201c0" + "90");

    private static void Check<T>(Serialization.IMessageSerializer<T> serializer, T value, string bytes)
    {
        Assert.That(serializer.Hex(value), Is.EqualTo(bytes));
        T read = serializer.Read(bytes);
        Assert.That(serializer.Hex(read), Is.EqualTo(bytes), "what was read, written again");
        if (value is IEquatable<T> and not Order)
        {
            Assert.That(read?.ToString(), Is.EqualTo(value?.ToString()));
        }
    }
}
