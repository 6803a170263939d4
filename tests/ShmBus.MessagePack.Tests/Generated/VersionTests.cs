using ShmBus.Serialization;

namespace ShmBus.MessagePack.Tests.Generated;

/// <summary>The same type in two versions, as two programs have it: each reads what the other writes, and their contracts agree.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class VersionTests
{
    internal static class V1
    {
        [MessagePackObject]
        public sealed record Order([property: Key(0)] int Id, [property: Key(1)] string? Customer, [property: Key(2)] long Gone = 7);

        [MessagePackObject(true)]
        public sealed class Named
        {
            public int Id { get; set; } = 5;

            public string? Gone { get; set; } = "kept";
        }
    }

    internal static class V2
    {
        [MessagePackObject]
        public sealed record Order([property: Key(0)] int Id, [property: Key(1)] string? Customer, [property: Key(4)] Guid? Reference = null, [property: Key(5)] int Priority = 3)
        {
            [Key(3)] public double Weight { get; init; } = 1.5;

            [Key(6)] public List<int> Parts { get; set; } = [1, 2];
        }

        [MessagePackObject(true)]
        public sealed class Named
        {
            public IReadOnlyList<Person> Added { get; set; } = [];

            public int Id { get; set; } = 6;
        }
    }

    [Test]
    public void An_older_reader_skips_what_is_new_and_keeps_what_is_gone()
    {
        byte[] bytes = V2.Order.MessagePack.Bytes(new(1, "c", Guid.NewGuid()) { Parts = [1] });
        Assert.That(V1.Order.MessagePack.Read(bytes), Is.EqualTo(new V1.Order(1, "c", 7)));
        bytes = V2.Named.MessagePack.Bytes(new() { Added = [new("Ann", 1)], Id = 9 });
        V1.Named named = V1.Named.MessagePack.Read(bytes);
        Assert.That((named.Id, named.Gone), Is.EqualTo((9, "kept")));
    }

    [Test]
    public void A_newer_reader_skips_what_is_gone_and_keeps_what_is_new()
    {
        V2.Order order = V2.Order.MessagePack.Read(V1.Order.MessagePack.Bytes(new(1, "c", 99)));
        Assert.That((order.Id, order.Customer, order.Reference, order.Priority, order.Weight), Is.EqualTo((1, "c", default(Guid?), 3, 1.5)));
        Assert.That(order.Parts, Is.EqualTo([1, 2]));
        V2.Named named = V2.Named.MessagePack.Read(V1.Named.MessagePack.Bytes(new() { Id = 8 }));
        Assert.That((named.Id, named.Added.Count), Is.EqualTo((8, 0)));
    }

    [TestCase("90", 0)]
    [TestCase("9101", 1)]
    [TestCase("98c0c0c0c0c0c0c005", 0)]
    [TestCase("9f01a178c0c0c0c0c0c0c0c0c0c0c0c0c0", 1)]
    public void Any_number_of_members_is_read(string bytes, int id)
    {
        V2.Order order = V2.Order.MessagePack.Read(bytes);
        Assert.That((order.Id, order.Priority, order.Weight), Is.EqualTo((id, 3, 1.5)));
    }

    [TestCase("93c0c0c0", 0, 42, 0)]
    [TestCase("94c0c0c0c0", 0, 42, 0)]
    [TestCase("9407c005cb3ff0000000000000", 7, 5, 1)]
    public void Members_that_are_missing_keep_what_initializers_made_of_them(string bytes, int id, int defaulted, double value)
    {
        Derived read = Derived.MessagePack.Read(bytes);
        Assert.That((read.Id, read.Defaulted, read.Value), Is.EqualTo((id, defaulted, value)));
    }

    [Test]
    public void Of_equal_keys_the_last_one_counts()
    {
        Assert.That(Named.MessagePack.Read("83" + "a16ea161" + "a16ea162" + "a17800").Name, Is.EqualTo("b"));
        Assert.That(Named.MessagePack.Read("80").Size, Is.EqualTo(7));
    }

    [Test]
    public void The_chosen_constructor_is_called_and_the_other_member_set()
    {
        Chosen read = Chosen.MessagePack.Read("9205a174");
        Assert.That((read.Number, read.Text), Is.EqualTo((6, "t")));
    }

    [Test]
    public void Whoever_wants_to_know_is_told()
    {
        Foreign.Leaf leaf = new(1, "x");
        byte[] bytes = Foreign.LeafMessagePack.Serializer.Bytes(leaf);
        Assert.That(leaf.Calls, Is.EqualTo(["before"]));
        Assert.That(Foreign.LeafMessagePack.Serializer.Read(bytes).Calls, Is.EqualTo(["after"]));
    }

    [Test]
    public void Array_and_map_of_the_same_members_do_not_go_together()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher<V1.Order> publisher = topic.CreatePublisher(V1.Order.MessagePack.WithName("order"));
        Assert.That(() => topic.CreateSubscriber(V1.Named.MessagePack.WithName("order")), Throws.TypeOf<ContractMismatchException>()
            .With.Message.Contains("'msgpack order order{0:i32,1:str,2:i64}'").And.Message.Contains("'msgpack order order{*:map!,Id:i32,Gone:str}'"));
    }

    [Test]
    public void Contracts_say_what_is_on_the_wire()
    {
        Assert.That(Order.MessagePack.Contract.ToString(), Is.EqualTo("msgpack ShmBus.MessagePack.Tests.Generated.Order Order{0:guid,1:str,2:[Line],3:u8,5:datetime?} Line{0:str,1:i32,2:decimal}"));
        Assert.That(IShape.MessagePack.Contract.Shape, Is.EqualTo("IShape(0:Circle,1:Square,300:Dot) Circle{0:f64} Square{0:f64} Dot{}"));
        Assert.That(Node.MessagePack.Contract.Shape, Is.EqualTo("Node{0:Node,1:[Node]}"));
        Assert.That(Pair_LineMessagePack.Serializer.Contract.Shape, Is.EqualTo("Pair<ShmBus.MessagePack.Tests.Generated.Line>{0:Line,1:Line,2:i32} Line{0:str,1:i32,2:decimal}"));
        Assert.That(Named.MessagePack.Contract.Shape, Is.EqualTo("Named{*:map!,größe:i32,n:str}"));
        Assert.That(Everything.MessagePack.Contract.Shape, Does.Contain("22:bigint,23:bin,24:bin,25:bin,26:bin,27:u8,28:i64,29:i32?,30:u8?,31:Tick,32:Tick?,33:Line,34:tuple<i32;str>,35:tuple<i32;str>,36:tuple<i32;i32;i32;i32;i32;i32;i32;tuple<i32;str>>,37:tuple<i32;str>"));
        Assert.That(Collections.MessagePack.Contract.Shape, Does.Contain("0:[i32],1:[[str]],2:[Line]").And.Contain("14:map<str:i32>,15:map<i32:Line>,16:map<guid:[i32]>"));
    }

    [Test]
    public void Contracts_of_all_sample_types_are_shapes_that_join_with_themselves()
    {
        foreach (MessageContract contract in new[] { Tick.MessagePack.Contract, Order.MessagePack.Contract, Everything.MessagePack.Contract, Collections.MessagePack.Contract,
            Person.MessagePack.Contract, Animal.MessagePack.Contract, PairOfPairs.MessagePack.Contract, Empty.MessagePack.Contract, Outer.Inner.MessagePack.Contract, Foreign.ITreeMessagePack.Serializer.Contract })
        {
            // A member that nobody else has: joining takes the shape apart.
            string grown = contract.Shape.Insert(contract.Shape.IndexOfAny(['{', '(']) + 1, "new:i32" + (contract.Shape.Contains("{}", StringComparison.Ordinal) ? "" : ","));
            bool isUnion = contract.Shape.IndexOf('(', StringComparison.Ordinal) is var at and >= 0 && at < contract.Shape.IndexOf('{', StringComparison.Ordinal);
            Assert.That(contract.TryJoin(new MessageContract("msgpack", contract.Name, grown), out _, out string? difference), Is.EqualTo(!isUnion), $"{contract}: {difference}");
        }
    }

    [Test]
    public void Contracts_of_versions_that_read_each_other_join_and_others_do_not()
    {
        string shape = V1.Order.MessagePack.Contract.Shape.Replace("V1", "V", StringComparison.Ordinal);
        MessageContract older = new("msgpack", "Order", shape);
        MessageContract newer = new("msgpack", "Order", V2.Order.MessagePack.Contract.Shape.Replace("V2", "V", StringComparison.Ordinal));
        Assert.That(older.TryJoin(newer, out MessageContract? joined, out _), Is.True);
        Assert.That(joined!.Shape, Does.EndWith("Order{0:i32,1:str,2:i64,3:f64,4:guid?,5:i32,6:[i32]}"));
        MessageContract other = new("msgpack", "Order", shape.Replace("1:str", "1:i32", StringComparison.Ordinal));
        Assert.That(older.TryJoin(other, out _, out string? difference), Is.False);
        Assert.That(difference, Does.Contain("1 is str here and i32 there"));
    }
}
