using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Typed;

/// <summary>Structs as they stand in memory: one whose fields are others is refused, though its size is the same.</summary>
internal sealed class StructShapeTests : TopicOfATest
{
    private const string Fields = "(Id:long,Price:double,Limit:double,Line:Line(Count:int,Side:Side:byte))";

    /// <summary>Other versions, and what tells them apart.</summary>
    private static readonly TestCaseData[] Others =
    [
        Other(MessageSerializer.Unmanaged<Structs.Swapped.Trade>(), "(Id:long,Limit:double,Price:double,"),
        Other(MessageSerializer.Unmanaged<Structs.Renamed.Trade>(), "LeastPrice:double"),
        Other(MessageSerializer.Unmanaged<Structs.Nested.Trade>(), "Line:Line(Count:uint,Side:Side:byte)"),
        Other(MessageSerializer.Unmanaged<Structs.Enumerated.Trade>(), "Line:Line(Count:int,Side:Side:sbyte)"),
        Other(MessageSerializer.Unmanaged<long>(), "'unmanaged trade 8-bytes'"),
    ];

    [TestCaseSource(nameof(Others))]
    public void Another_version_is_refused_and_shown_both(Func<Topic, IDisposable> subscribe, string told)
    {
        using Publisher<Structs.First.Trade> publisher = Topic.CreatePublisher(Trades());
        Assert.That(() => subscribe(Topic), Throws.TypeOf<ContractMismatchException>().With.Message.Contains(told).And.Message.Contains($"'unmanaged trade 32-bytes {Fields}'"));
        // It has left nothing: the place is free.
        Topic.CreateSubscriber(Trades()).Dispose();
    }

    [Test]
    public void The_same_fields_go_together_however_they_are_declared()
    {
        using Publisher<Structs.First.Trade> publisher = Topic.CreatePublisher(Trades());
        using Subscriber<Structs.Same.Trade> subscriber = Topic.CreateSubscriber(MessageSerializer.Unmanaged<Structs.Same.Trade>().WithName("trade"));
        publisher.Publish(new Structs.First.Trade(1, 2, 3, new Structs.First.Line(4, Structs.First.Side.Sell)));
        Structs.Same.Trade read = subscriber.Read();
        Assert.That((read.Id, read.Price, read.Limit, read.Line.Count, read.Line.Side), Is.EqualTo((1L, 2.0, 3.0, 4, Structs.Same.Side.Sell)));
    }

    [Test]
    public void One_who_tells_the_size_alone_goes_with_any_and_the_fields_are_kept()
    {
        Topic.CreateSubscriber(SizeAlone<Structs.Unseen.Trade>()).Dispose();
        Topic.CreateSubscriber(Trades()).Dispose();
        Topic.CreateSubscriber(SizeAlone<Structs.Unseen.Trade>()).Dispose();
        Assert.That(Topic.Contract!.ToString(), Is.EqualTo($"unmanaged trade 32-bytes {Fields}"));
        Assert.That(() => Topic.CreateSubscriber(SizeAlone<Structs.Unseen.Shorter>()), Throws.TypeOf<ContractMismatchException>());
    }

    [Test]
    public void A_shape_that_is_given_stands_for_the_fields()
    {
        Topic.CreateSubscriber(MessageSerializer.Unmanaged<Structs.First.Trade>("2").WithName("trade")).Dispose();
        Topic.CreateSubscriber(MessageSerializer.Unmanaged<Structs.Swapped.Trade>("2").WithName("trade")).Dispose();
        Assert.That(() => Topic.CreateSubscriber(MessageSerializer.Unmanaged<Structs.First.Trade>("3").WithName("trade")),
            Throws.TypeOf<ContractMismatchException>().With.Message.Contains("'unmanaged trade 32-bytes 2'").And.Message.Contains("'unmanaged trade 32-bytes 3'"));
    }

    private static IMessageSerializer<Structs.First.Trade> Trades() => MessageSerializer.Unmanaged<Structs.First.Trade>().WithName("trade");

    /// <summary>What is called for a type parameter is not told its fields, nor is another process without the compiler's help.</summary>
    private static IMessageSerializer<T> SizeAlone<T>() where T : unmanaged => MessageSerializer.Unmanaged<T>().WithName("trade");

    private static TestCaseData Other<T>(IMessageSerializer<T> serializer, string told) =>
        new TestCaseData((Func<Topic, IDisposable>)(topic => topic.CreateSubscriber(serializer.WithName("trade"))), told).SetArgDisplayNames(typeof(T).Namespace!);
}
