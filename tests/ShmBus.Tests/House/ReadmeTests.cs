using System.Text;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.House;

/// <summary>The programs that the README shows are those under examples/, and they do what it says.</summary>
internal sealed class ReadmeTests
{
    private const string FirstProgram = "FirstProgram";
    private const string PubSub = "PubSub";
    private const string TwoProcesses = "TwoProcesses";

    private TestDirectory _directory = null!;

    private string TopicFile => _directory.File("topic");

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [TestCase(FirstProgram, "Publisher")]
    [TestCase(FirstProgram, "Subscriber")]
    [TestCase(PubSub, "PriceSubscriber")]
    public void The_README_shows_a_program_as_it_stands_in_the_examples(string example, string program)
    {
        string code = File.ReadAllText(Repository.File("examples", example, program, "Program.cs"));
        Assert.That(ReadmeText.Code, Does.Contain(code));
    }

    [Test]
    public async Task The_first_program_says_what_the_README_says()
    {
        using ExampleProgram subscriber = ExampleProgram.Start(FirstProgram, "Subscriber", TopicFile);
        using ExampleProgram publisher = ExampleProgram.Start(FirstProgram, "Publisher", TopicFile);
        await ExampleProgram.AllSucceed(subscriber, publisher);
        Assert.That(Encoding.UTF8.GetString(await subscriber.Output), Is.EqualTo("message 1\nmessage 2\nmessage 3\n"));
    }

    [Test]
    public async Task The_first_program_works_when_its_publisher_is_gone_before_its_subscriber_comes()
    {
        using ExampleProgram publisher = ExampleProgram.Start(FirstProgram, "Publisher", TopicFile);
        await ExampleProgram.AllSucceed(publisher);
        using ExampleProgram subscriber = ExampleProgram.Start(FirstProgram, "Subscriber", TopicFile);
        await ExampleProgram.AllSucceed(subscriber);
        Assert.That(Encoding.UTF8.GetString(await subscriber.Output), Is.EqualTo("message 1\nmessage 2\nmessage 3\n"));
    }

    [Test]
    public async Task Lines_arrive_byte_for_byte_from_files()
    {
        // Lines longer than a message may be (64 KiB), of just that length, empty ones, and none at the end.
        byte[] first = Encoding.UTF8.GetBytes(
            $"short\n\n\n{new string('x', 65535)}\n{new string('y', 65536)}\n{new string('z', 300_000)}\r\nümlaut\n\0\n");
        byte[] second = Encoding.UTF8.GetBytes("\nno line end here");
        await File.WriteAllBytesAsync(_directory.File("first"), first);
        await File.WriteAllBytesAsync(_directory.File("second"), second);
        await File.WriteAllBytesAsync(_directory.File("empty"), []);

        using ExampleProgram subscriber = ExampleProgram.Start(TwoProcesses, "LineSubscriber", TopicFile);
        using ExampleProgram publisher = ExampleProgram.Start(
            TwoProcesses, "LinePublisher", TopicFile, _directory.File("first"), _directory.File("empty"), _directory.File("second"));
        await ExampleProgram.AllSucceed(subscriber, publisher);

        byte[] sent = [.. first, .. second];
        Assert.That((await subscriber.Output).AsSpan().SequenceEqual(sent), Is.True);
    }

    [Test]
    public async Task Lines_arrive_byte_for_byte_from_standard_input()
    {
        byte[] sent = "one\n\ntwo"u8.ToArray();
        using ExampleProgram subscriber = ExampleProgram.Start(TwoProcesses, "LineSubscriber", TopicFile);
        using ExampleProgram publisher = ExampleProgram.Start(TwoProcesses, "LinePublisher", TopicFile);
        publisher.WriteInput(sent);
        await ExampleProgram.AllSucceed(subscriber, publisher);
        Assert.That(await subscriber.Output, Is.EqualTo(sent));
    }
}
