using System.Text;
using Shop;
using ShmBus.Serialization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>Orders as objects: examples/Typed as two processes, and each of them beside one that has another Order.</summary>
internal sealed class TypedExampleTests
{
    private const string Example = "Typed";

    private TestDirectory _directory = null!;

    private string TopicFile => _directory.File("orders");

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public async Task Orders_arrive_as_the_README_says()
    {
        using ExampleProgram subscriber = ExampleProgram.Start(Example, "OrderSubscriber", TopicFile);
        using ExampleProgram publisher = ExampleProgram.Start(Example, "OrderPublisher", TopicFile);
        await ExampleProgram.AllSucceed(subscriber, publisher);
        string said = Encoding.UTF8.GetString(await subscriber.Output);
        Assert.That(said.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(3));
        Assert.That(ReadmeText.Shown, Does.Contain(ReadmeText.OneLine(said)));
    }

    [Test]
    public async Task Subscriber_skips_what_a_newer_publisher_adds()
    {
        using (Topic topic = Topic.OpenOrCreate(TopicFile))
        using (Publisher<GrownOrder> publisher = topic.CreatePublisher(GrownOrder.MessagePack.WithName("Shop.Order")))
        {
            publisher.Publish(new GrownOrder("Ada", [new Line("engine", 2, 1.5m)], new DateOnly(1843, 9, 1)));
            publisher.Publish(new GrownOrder("", [], null));
        }
        using ExampleProgram subscriber = ExampleProgram.Start(Example, "OrderSubscriber", TopicFile);
        Assert.That(Encoding.UTF8.GetString(await subscriber.Output), Is.EqualTo("Ada: 2 engine; 3.00 in all\n"));
    }

    [Test]
    public async Task Newer_subscriber_gets_defaults_for_what_the_publisher_lacks()
    {
        using ExampleProgram publisher = ExampleProgram.Start(Example, "OrderPublisher", TopicFile);
        await ExampleProgram.AllSucceed(publisher);
        using Topic topic = Topic.OpenOrCreate(TopicFile);
        using Subscriber<GrownOrder> subscriber = topic.CreateSubscriber(GrownOrder.MessagePack.WithName("Shop.Order"));
        GrownOrder first = subscriber.Read();
        Assert.That((first.Customer, first.Lines.Single(), first.Due), Is.EqualTo(("Ada", new Line("analytical engine", 1, 17_000m), default(DateOnly?))));
    }

    [Test]
    public void Subscriber_is_refused_where_the_publisher_has_another_shape_and_says_what_the_README_says()
    {
        using Topic topic = Topic.OpenOrCreate(TopicFile);
        using Publisher<ChangedOrder> publisher = topic.CreatePublisher(ChangedOrder.MessagePack.WithName("Shop.Order"));
        using ExampleProgram subscriber = ExampleProgram.Start(Example, "OrderSubscriber", TopicFile);
        string said = Assert.ThrowsAsync<InvalidOperationException>(() => subscriber.Output)!.Message;
        Assert.That(said, Does.Contain("'msgpack Shop.Order Order{0:str,1:[Line]} Line{0:str,1:i32,2:decimal}'").And.Contain("'msgpack Shop.Order Order{0:i32,1:[Line]} Line{0:str,1:i32,2:decimal}'"));
        string message = said[said.IndexOf("ShmBus.ContractMismatchException", StringComparison.Ordinal)..said.IndexOf("\n   at ", StringComparison.Ordinal)];
        Assert.That(ReadmeText.Shown, Does.Contain(ReadmeText.OneLine(message.Replace(TopicFile, "/dev/shm/shop/orders", StringComparison.Ordinal))));
    }

    [Test]
    public async Task Program_that_comes_later_with_another_shape_is_refused()
    {
        using ExampleProgram publisher = ExampleProgram.Start(Example, "OrderPublisher", TopicFile);
        await ExampleProgram.AllSucceed(publisher);
        using Topic topic = Topic.OpenOrCreate(TopicFile);
        Assert.That(() => topic.CreateSubscriber(ChangedOrder.MessagePack.WithName("Shop.Order")),
            Throws.TypeOf<ContractMismatchException>().With.Message.Contains("Order.0 is i32 here and str there"));
    }
}
