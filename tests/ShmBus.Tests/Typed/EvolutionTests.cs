using System.Text.Json;
using System.Text.Json.Serialization;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Typed;

/// <summary>Publishers and subscribers that have other versions of the type: what goes together works, the rest is refused with both shapes.</summary>
internal sealed partial class EvolutionTests : TopicOfATest
{
    [Test]
    public void An_older_reader_skips_what_a_newer_publisher_adds()
    {
        using Subscriber<Old> old = Topic.CreateSubscriber(Named(Versions.Default.Old));
        using Publisher<Added> added = Topic.CreatePublisher(Named(Versions.Default.Added));
        added.Publish(new Added(1, "one", 0.5, [1, 2]));
        Assert.That(old.Read(), Is.EqualTo(new Old(1, "one")));
        Assert.That(Topic.Contract!.Shape, Is.EqualTo("order{Id:int,Customer:string,Discount:double,Marks:[int]}"));
    }

    [Test]
    public void A_newer_reader_gets_defaults_for_what_an_older_publisher_lacks()
    {
        using Publisher<Old> old = Topic.CreatePublisher(Named(Versions.Default.Old));
        using Subscriber<Added> added = Topic.CreateSubscriber(Named(Versions.Default.Added));
        old.Publish(new Old(1, "one"));
        Assert.That(added.Read(), Is.EqualTo(new Added(1, "one", 0, null)));
    }

    [Test]
    public void Two_newer_ones_that_each_go_with_the_old_one_and_not_together_are_kept_apart()
    {
        using Publisher<Old> old = Topic.CreatePublisher(Named(Versions.Default.Old));
        using Subscriber<Added> added = Topic.CreateSubscriber(Named(Versions.Default.Added));
        ContractMismatchException exception = Assert.Throws<ContractMismatchException>(() => Topic.CreatePublisher(Named(Versions.Default.Other)))!;
        Assert.That(exception.Message, Does.Contain("order.Discount is string here and double there").And.Contain(Topic.Path!)
            .And.Contain("order{Id:int,Customer:string,Discount:double,Marks:[int]}")
            .And.Contain("order{Id:int,Customer:string,Discount:string}"));
    }

    [Test]
    public void A_member_of_another_type_is_refused_on_either_side()
    {
        using Publisher<Old> old = Topic.CreatePublisher(Named(Versions.Default.Old));
        ContractMismatchException exception = Assert.Throws<ContractMismatchException>(() => Topic.CreateSubscriber(Named(Versions.Default.Changed)))!;
        Assert.That(exception.Found.ToString(), Is.EqualTo("json order order{Id:int,Customer:string}"));
        Assert.That(exception.Given.ToString(), Is.EqualTo("json order order{Id:System.Guid,Customer:string}"));
        Assert.That(exception.Message, Does.Contain("order.Id is System.Guid here and int there"));
        // It has left nothing: the place is free.
        Topic.CreateSubscriber(Named(Versions.Default.Old)).Dispose();
    }

    [Test]
    public void A_required_member_must_be_there_on_both_sides()
    {
        using Publisher<Old> old = Topic.CreatePublisher(Named(Versions.Default.Old));
        Assert.That(() => Topic.CreateSubscriber(Named(Versions.Default.Demanding)), Throws.TypeOf<ContractMismatchException>().With.Message.Contains("order.Country is missing there"));
    }

    [Test]
    public void One_who_refuses_unknown_members_takes_no_additions()
    {
        using Subscriber<Strict> strict = Topic.CreateSubscriber(Named(Versions.Default.Strict));
        Assert.That(() => Topic.CreatePublisher(Named(Versions.Default.Added)), Throws.TypeOf<ContractMismatchException>().With.Message.Contains("may grow on one side only"));
    }

    [Test]
    public void Another_type_and_another_format_are_refused_by_name()
    {
        using Publisher<Old> old = Topic.CreatePublisher(MessageSerializer.Json(Versions.Default.Old));
        Assert.Multiple(() =>
        {
            Assert.That(() => Topic.CreateSubscriber(MessageSerializer.Json(Versions.Default.Added)),
                Throws.TypeOf<ContractMismatchException>().With.Message.Contains("EvolutionTests.Added").And.Message.Contains("EvolutionTests.Old"));
            Assert.That(() => Topic.CreateSubscriber(MessageSerializer.Utf8), Throws.TypeOf<ContractMismatchException>().With.Message.Contains("utf8"));
            Assert.That(() => Topic.CreateSubscriber(MessageSerializer.Unmanaged<Tick>()), Throws.TypeOf<ContractMismatchException>());
        });
    }

    [Test]
    public void A_type_under_the_full_name_of_another_goes_with_it()
    {
        using Publisher<Order> publisher = Topic.CreatePublisher(MessageSerializer.Json(SampleContext.Default.Order));
        using Subscriber<Old> subscriber = Topic.CreateSubscriber(MessageSerializer.Json(Versions.Default.Old).WithName("ShmBus.Tests.Typed.Order"));
        publisher.Publish(new Order(1, "one", []));
        Assert.That(subscriber.Read(), Is.EqualTo(new Old(1, "one")));
    }

    [TestCase("a b")]
    [TestCase("a{")]
    [TestCase("")]
    public void Such_a_name_is_refused(string name) =>
        Assert.That(() => MessageSerializer.Utf8.WithName(name), Throws.InstanceOf<ArgumentException>());

    [Test]
    public void Shapes_of_json_say_what_goes_over_the_wire()
    {
        Assert.Multiple(() =>
        {
            Assert.That(MessageSerializer.Json(Versions.Default.Everything).Contract.Shape, Is.EqualTo(
                "EvolutionTests.Everything{" +
                "Number:int?,Nodes:map<string:[EvolutionTests.Node]>,Pair:System.Collections.Generic.KeyValuePair<int;long>," +
                "a%20b%2C:string!,Figure:EvolutionTests.Figure} " +
                "EvolutionTests.Node{Next:EvolutionTests.Node} " +
                "System.Collections.Generic.KeyValuePair<int;long>{Key:int,Value:long} " +
                "EvolutionTests.Figure($circle:EvolutionTests.Circle) " +
                "EvolutionTests.Circle{Radius:double}"));
            Assert.That(MessageSerializer.Json(Versions.Default.ListNode).Contract.Shape, Is.EqualTo(
                "Message(0:[ShmBus.Tests.Typed.EvolutionTests.Node]) ShmBus.Tests.Typed.EvolutionTests.Node{Next:ShmBus.Tests.Typed.EvolutionTests.Node}"));
        });
    }

    [Test]
    public void Options_that_change_what_goes_over_the_wire_are_refused()
    {
        using Publisher<Marked> plain = Topic.CreatePublisher(Named(new Versions(new JsonSerializerOptions()).Marked));
        Assert.Multiple(() =>
        {
            Refused(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase }, "order.id is called Id there");
            Refused(new JsonSerializerOptions { NumberHandling = JsonNumberHandling.WriteAsString }, "order.Id is int/string here and int there");
            Refused(new JsonSerializerOptions { Converters = { new JsonStringEnumConverter<DayOfWeek>() } }, "order.Day is System.DayOfWeek/string here and System.DayOfWeek there");
            Refused(new JsonSerializerOptions { Converters = { new Hexadecimal() } }, "Hexadecimal here and int there");
            Refused(new JsonSerializerOptions { ReferenceHandler = ReferenceHandler.Preserve }, "the format is json-with-references here and json there");
            // These only change what is read, or how it looks.
            Taken(new JsonSerializerOptions { NumberHandling = JsonNumberHandling.AllowReadingFromString });
            Taken(new JsonSerializerOptions { ReferenceHandler = ReferenceHandler.IgnoreCycles, WriteIndented = true });
            Taken(new JsonSerializerOptions { PropertyNameCaseInsensitive = true });
        });

        void Refused(JsonSerializerOptions options, string difference) => Assert.That(() => Topic.CreateSubscriber(Named(new Versions(options).Marked)),
            Throws.TypeOf<ContractMismatchException>().With.Message.Contains(difference));

        void Taken(JsonSerializerOptions options)
        {
            using Subscriber<Marked> subscriber = Topic.CreateSubscriber(Named(new Versions(options).Marked));
            Marked marked = new(3, DayOfWeek.Friday, [1, 2]);
            plain.Publish(marked);
            Marked read = subscriber.Read();
            Assert.That((read.Id, read.Day, read.Marks[1]), Is.EqualTo((3, DayOfWeek.Friday, 2)));
            subscriber.Raw.Complete();
        }
    }

    private static IMessageSerializer<T> Named<T>(System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => MessageSerializer.Json(type).WithName("order");

    internal sealed record Old(int Id, string Customer);

    internal sealed record Added(int Id, string Customer, double Discount, int[]? Marks);

    internal sealed record Other(int Id, string Customer, string Discount);

    internal sealed record Marked(int Id, DayOfWeek Day, List<int> Marks);

    private sealed class Hexadecimal : JsonConverter<int>
    {
        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Convert.ToInt32(reader.GetString(), 16);

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteStringValue(Convert.ToString(value, 16));
    }

    internal sealed record Changed(Guid Id, string Customer);

    internal sealed record Demanding(int Id, string Customer)
    {
        public required string Country { get; init; }
    }

    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record Strict(int Id, string Customer);

    internal sealed class Node
    {
        public Node? Next { get; set; }
    }

    internal sealed class Everything
    {
        public int? Number { get; set; }

        public Dictionary<string, List<Node>>? Nodes { get; set; }

        public KeyValuePair<int, long> Pair { get; set; }

        [JsonPropertyName("a b,")]
        public required string Odd { get; set; }

        [JsonIgnore]
        public int Ignored { get; set; }

        public Figure? Figure { get; set; }
    }

    [JsonDerivedType(typeof(Circle), "circle")]
    internal abstract class Figure;

    internal sealed class Circle : Figure
    {
        public double Radius { get; set; }
    }

    [JsonSerializable(typeof(Old))]
    [JsonSerializable(typeof(Added))]
    [JsonSerializable(typeof(Other))]
    [JsonSerializable(typeof(Marked))]
    [JsonSerializable(typeof(Changed))]
    [JsonSerializable(typeof(Demanding))]
    [JsonSerializable(typeof(Strict))]
    [JsonSerializable(typeof(Everything))]
    [JsonSerializable(typeof(List<Node>))]
    internal sealed partial class Versions : JsonSerializerContext;
}
