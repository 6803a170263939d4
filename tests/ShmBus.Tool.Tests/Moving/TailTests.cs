using System.Text;
using System.Text.Json;

namespace ShmBus.Tool.Tests.Moving;

/// <summary>Looking at messages: in each format, and without consuming any.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TailTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Bus _bus;
    private readonly Topic _topic;
    private readonly Publisher _publisher;

    public TailTests()
    {
        _bus = Bus.Open(_directory.File("bus"));
        _topic = _bus.OpenOrCreateTopic("t");
        _publisher = _topic.CreatePublisher();
    }

    public void Dispose()
    {
        _publisher.Dispose();
        _topic.Dispose();
        _bus.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Newest_and_oldest_are_shown_and_stay()
    {
        for (int i = 0; i < 30; i++)
        {
            _publisher.Publish(Encoding.UTF8.GetBytes($"message {i}"), (uint)(i % 3));
        }
        using (Subscriber subscriber = _topic.CreateSubscriber())
        {
            subscriber.Poll(static _ => { }, limit: 20);
            Assert.Multiple(() =>
            {
                Assert.That(Shown("tail", "t"), Is.EqualTo(Numbers(20, 10)), "While a subscriber is there.");
                Assert.That(Shown("tail", "t", "-n", 2), Is.EqualTo(Numbers(28, 2)));
                Assert.That(Shown("tail", "t", "--from", "oldest"), Is.EqualTo(Numbers(0, 30)));
                Assert.That(Shown("tail", "t", "--from", "oldest", "-n", 3), Is.EqualTo(Numbers(0, 3)));
                Assert.That(Shown("tail", "t", "--type", 1, "-n", 2), Is.EqualTo(["message 25", "message 28"]));
                Assert.That(Shown("tail", "t", "--type", 9), Is.Empty);
            });
        }
        Assert.That(ToolProcess.Run("sub", "t", "-n", 1, "--bus", _bus.Directory!).Output, Is.EqualTo("message 20"));
    }

    [Test]
    public void It_follows_and_ends_by_Ctrl_C()
    {
        _publisher.Publish("before"u8);
        string file = _directory.File("out");
        using PeerProcess shell = PeerProcess.StartProgram("bash", "-c", $"exec dotnet {typeof(ToolCommand).Assembly.Location} tail t -f --bus {_bus.Directory} > {file}");
        Until.True(() => File.Exists(file) && File.ReadAllText(file).EndsWith("before\n", StringComparison.Ordinal));
        _publisher.Publish("after"u8);
        Until.True(() => File.ReadAllText(file).EndsWith("after\n", StringComparison.Ordinal));
        shell.Signal(Posix.SIGINT);
        Assert.That((ExitCode)shell.ExitCode(), Is.EqualTo(ExitCode.Cancelled));
    }

    [Test]
    public void Each_format_is_shown_and_what_is_not_in_it_as_bytes()
    {
        byte[] pack = [0x83, 0xa1, (byte)'a', 1, 0xa1, (byte)'b', 0x94, 0xff, 0xc0, 0xc3, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 5, 0xc4, 2, 1, 2];
        _publisher.Publish(pack);
        Assert.That(Payload("--format", "msgpack"), Is.EqualTo("""{"a":1,"b":[-1,null,true,18446744073709551615],"5":"0x0102"}"""));
        Assert.That(Text("--format", "json"), Does.Contain("(not json)").And.Contain("00000000  83 a1 61 01"));
        Assert.That(Text(), Does.Contain("00000000  83 a1 61 01"));

        _publisher.Publish("""{ "a": [1, 2], "b": "ä" }"""u8);
        Assert.That(Payload("--format", "json"), Is.EqualTo("""{"a":[1,2],"b":"ä"}"""));
        Assert.That(Payload("--format", "msgpack"), Is.EqualTo("\"" + Convert.ToHexStringLower("""{ "a": [1, 2], "b": "ä" }"""u8) + "\""));
        Assert.That(Text(), Does.EndWith("  { \"a\": [1, 2], \"b\": \"ä\" }\n"));

        _publisher.Publish("two\nlines \e[31mred"u8);
        Assert.That(Text(), Does.EndWith("  two\\nlines \\u001b[31mred\n"));
        Assert.That(Text("--format", "hex"), Does.Contain("|two.lines .[31mr|"));
    }

    [Test]
    public void Extras_are_shown()
    {
        Guid id = Guid.NewGuid();
        _publisher.Publish("x"u8, 7, new MessageExtras { CorrelationId = id, Timestamp = DateTimeOffset.UnixEpoch.AddSeconds(1) });
        Assert.That(Text(), Does.Contain($"type 7  1 bytes  1970-01-01T00:00:01.0000000Z  correlation {id}  x"));
        JsonElement json = ToolProcess.Run("tail", "t", "--json", "--bus", _bus.Directory!).Json;
        Assert.Multiple(() =>
        {
            Assert.That(json.GetProperty("type").GetInt32(), Is.EqualTo(7));
            Assert.That(json.GetProperty("correlation_id").GetGuid(), Is.EqualTo(id));
            Assert.That(json.GetProperty("payload").GetString(), Is.EqualTo("x"));
        });
    }

    private static IEnumerable<string> Numbers(int first, int count) => Enumerable.Range(first, count).Select(static i => $"message {i}");

    private IEnumerable<string> Shown(params object[] arguments)
    {
        ToolProcess.Result result = ToolProcess.Run([.. arguments, "--json", "--bus", _bus.Directory!]);
        Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Success), result.Error);
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line).GetProperty("payload").GetString()!)];
    }

    private string Payload(params string[] format) =>
        ToolProcess.Run(["tail", "t", "-n", 1, "--json", .. format, "--bus", _bus.Directory!]).Json.GetProperty("payload").GetRawText();

    private string Text(params string[] format) => ToolProcess.Run(["tail", "t", "-n", 1, .. format, "--bus", _bus.Directory!]).Output;
}
