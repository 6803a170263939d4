using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using MessagePack;
using Shop;
using ShmBus.MessagePack;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>The code that the README shows of typed messages, compiled and run. A test compares the two.</summary>
internal sealed class ReadmeSnippets
{
    [Test]
    public void The_README_shows_no_other_code_of_typed_messages()
    {
        string here = File.ReadAllText(Repository.File("tests", "ShmBus.Tests", "House", "ReadmeSnippets.cs"));
        string compiled = ReadmeText.OneLine(here + File.ReadAllText(Repository.File("examples", "Typed", "Order.cs")));
        string[] shown = ReadmeText.CodeOf("Typed messages");
        Assert.That(shown, Has.Length.GreaterThan(10));
        Assert.That(shown.Where(code => !compiled.Contains(ReadmeText.OneLine(code), StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Generated()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher<Order> publisher = topic.CreatePublisher(Order.MessagePack);         // in one process
        publisher.Publish(new Order("Ada", [new Line("analytical engine", 1, 17_000m)]));

        using Subscriber<Order> subscriber = topic.CreateSubscriber(Order.MessagePack);      // in another
        Order order = await subscriber.ReadAsync();                                          // or Read, TryRead, Poll, ReadAllAsync

        Assert.That((order.Customer, order.Lines), Is.EqualTo(("Ada", new List<Line> { new("analytical engine", 1, 17_000m) })));
    }

    [Test]
    public void Each_serializer_brings_over_what_it_is_for()
    {
        MessageContract contract = new("big-endian", "int");
        Action<IBufferWriter<byte>, int> write = static (output, value) =>
        {
            BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
            output.Advance(sizeof(int));
        };
        PayloadReader<int> read = static payload => BinaryPrimitives.ReadInt32BigEndian(payload.Span);
        Assert.Multiple(() =>
        {
            Assert.That(Pass(MessageSerializer.Unmanaged<Tick>(), new Tick(1, 2.5)), Is.EqualTo(new Tick(1, 2.5)));
            Assert.That(Pass(Order.MessagePack, new Order("Ada", [])).Customer, Is.EqualTo("Ada"));
            Assert.That(Pass(MessageSerializer.Json(ShopContext.Default.Order), new Order("Ada", [])).Customer, Is.EqualTo("Ada"));
            Assert.That(Pass(MessageSerializer.Utf8, "Ada"), Is.EqualTo("Ada"));
            Assert.That(Pass(MessageSerializer.Bytes, new byte[] { 1, 2 }).ToArray(), Is.EqualTo([1, 2]));
            Assert.That(Pass(MessageSerializer.Create(contract, write, read), 7), Is.EqualTo(7));
            Assert.That(Pass(Order.MessagePack.WithName("order"), new Order("Ada", [])).Customer, Is.EqualTo("Ada"));
        });
    }

    [Test]
    public void In_place()
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher<Tick> publisher = topic.CreatePublisher(MessageSerializer.Unmanaged<Tick>());
        using Subscriber<Tick> subscriber = topic.CreateSubscriber(MessageSerializer.Unmanaged<Tick>());

        if (publisher.Raw.TryClaim(Unsafe.SizeOf<Tick>(), out Claim claim))
        {
            claim.As<Tick>() = new Tick(Id: 7, Price: 101.25);             // written where it will be read
            claim.Commit();
        }
        ref readonly Tick tick = ref subscriber.Raw.Read().As<Tick>();     // read where it stands, until the next call

        Assert.That((tick.Id, tick.Price), Is.EqualTo((7, 101.25)));
    }

    [Test]
    public void Of_another_library()
    {
        IMessageSerializer<Order> serializer = MessageSerializer.Create<Order>(new MessageContract("msgpack", "Order"),
            (output, order) => MessagePackSerializer.Serialize(output, order),
            payload => MessagePackSerializer.Deserialize<Order>(payload.Memory));

        Assert.That(Pass(serializer, new Order("Ada", [new Line("engine", 1, 1m)])).Lines, Is.EqualTo([new Line("engine", 1, 1m)]));
    }

    [Test]
    public async Task Channels()
    {
        List<Order> handled = [];
        void Handle(Order order) => handled.Add(order);
        using Topic topic = Topic.CreateAnonymous();

        await using TopicChannelWriter<Order> writer = topic.CreateChannelWriter(Order.MessagePack);    // in one process
        await writer.WriteAsync(new Order("Ada", []));                                                  // waits while the ring is full
        writer.Complete();                                                                              // or Complete(error)

        await using TopicChannelReader<Order> reader = topic.CreateChannelReader(Order.MessagePack);    // in another
        await foreach (Order order in reader.ReadAllAsync())                                            // ends when the writer has completed
        {
            Handle(order);
        }

        Assert.That(handled.Select(static order => order.Customer), Is.EqualTo(["Ada"]));
    }

    private static T Pass<T>(IMessageSerializer<T> serializer, T message)
    {
        using Topic topic = Topic.CreateAnonymous();
        using Publisher<T> publisher = topic.CreatePublisher(serializer);
        using Subscriber<T> subscriber = topic.CreateSubscriber(serializer);
        publisher.Publish(message);
        return subscriber.Read();
    }
}

[MessagePackObject]
internal readonly record struct Tick([property: Key(0)] int Id, [property: Key(1)] double Price);

[JsonSerializable(typeof(Order))]
internal sealed partial class ShopContext : JsonSerializerContext;
