using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ShmBus.Rings;

namespace ShmBus.Tool.Tests.Moving;

/// <summary>Messages through pipelines of real shells: byte for byte, and none lost.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PubAndSubTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly Bus _bus;

    public PubAndSubTests()
    {
        _bus = Bus.Open(_directory.File("bus"));
    }

    public static readonly TopicOptions[] Kinds =
    [
        new(),
        new() { Publishers = 3 },
        new() { Publishers = 3, Lanes = true },
        new() { Delivery = Delivery.Broadcast },
    ];

    public void Dispose()
    {
        _bus.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void A_binary_file_of_100_MB_arrives_as_it_is()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t");
        string file = _directory.File("file");
        WriteNoise(file, 100_000_000);
        Assert.That(Pass(file, "pub t", "sub t"), Is.EqualTo(Hash(file)));
    }

    [Test]
    public void A_text_file_arrives_as_it_is([ValueSource(nameof(Kinds))] TopicOptions options, [Values] bool lines)
    {
        using Topic topic = _bus.OpenOrCreateTopic("t", options);
        string file = _directory.File("file");
        WriteLines(file, 100_000);
        // Line ends of other systems, empty lines, and without --lines no line end at the end.
        File.AppendAllText(file, lines ? "\r\n\n\n\u00e4\r\n" : "\r\n\n\nthe end");
        Assert.That(Pass(file, lines ? "pub t --lines" : "pub t", lines ? "sub t --lines" : "sub t"), Is.EqualTo(Hash(file)));
    }

    [Test]
    public void Files_and_delimiters_arrive_as_they_are()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t");
        string file = _directory.File("file");
        WriteNoise(file, 60_000);
        Assert.That(Run("pub", "t", "--whole", file).ExitCode, Is.EqualTo(ExitCode.Success));
        using ToolProcess pub = Start("pub", "t", "--delimiter", @"\0-", "--type", 7);
        pub.Input.Write("a\0-b\0c\0-\0-d"u8);
        pub.Input.Close();
        Assert.That(pub.ExitCode, Is.EqualTo(ExitCode.Success), pub.Error);
        Assert.That(Run("pub", "t", "-m", "e", "-m", "f").ExitCode, Is.EqualTo(ExitCode.Success));
        using Subscriber subscriber = topic.CreateSubscriber();
        List<string> messages = [];
        uint type = 0;
        Assert.That(subscriber.TryRead(out Message whole) && whole.Payload.SequenceEqual(File.ReadAllBytes(file)), Is.True);
        while (subscriber.TryRead(out Message message))
        {
            messages.Add(Encoding.UTF8.GetString(message.Payload));
            type = Math.Max(type, message.Type);
        }
        Assert.That(messages, Is.EqualTo(["a", "b\0c", "", "d", "e", "f"]));
        Assert.That(type, Is.EqualTo(7));
    }

    [Test]
    public void A_full_topic_is_waited_for_and_that_is_said()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t");
        string file = _directory.File("file"), errors = _directory.File("errors");
        WriteNoise(file, 1_000_000);
        using Process pub = Shell($"exec {Tool("pub t")} < {file} 2> {errors}");
        Until.True(() => File.Exists(errors) && File.ReadAllText(errors).Contains("The topic is full", StringComparison.Ordinal));
        Assert.That(pub.HasExited, Is.False);
        using Process sub = Shell($"{Tool("sub t")} > {file}.copy");
        sub.WaitForExit();
        pub.WaitForExit();
        Assert.That((pub.ExitCode, sub.ExitCode, Hash($"{file}.copy")), Is.EqualTo((0, 0, Hash(file))));
    }

    [Test]
    public void A_reader_that_had_enough_ends_sub_quietly_and_what_it_did_not_get_stays()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t", new TopicOptions { Capacity = 1 << 20 });
        using Publisher publisher = topic.CreatePublisher();
        const int Count = 20_000;
        for (int i = 0; i < Count; i++)
        {
            publisher.Publish(Encoding.ASCII.GetBytes(i.ToString("d8", CultureInfo.InvariantCulture)));
        }
        using Process shell = Shell($"set -o pipefail; {Tool("sub t --lines")} 2> {_directory.File("errors")} | head -n 1 > {_directory.File("first")}");
        shell.WaitForExit();
        ToolProcess.Result rest = Run("sub", "t", "--lines", "-n", 1);
        Assert.Multiple(() =>
        {
            Assert.That(shell.ExitCode, Is.Zero);
            Assert.That(File.ReadAllText(_directory.File("errors")), Is.Empty);
            Assert.That(File.ReadAllText(_directory.File("first")), Is.EqualTo("00000000\n"));
            // What went into the pipe in whole pieces counts; the piece that did not comes again. It holds 64 KiB, and a piece is as long.
            Assert.That(int.Parse(rest.Output, CultureInfo.InvariantCulture), Is.InRange(0, 3 * 65536 / 9));
        });
    }

    [Test]
    public void Ctrl_C_loses_nothing_that_was_taken([Values] bool hasLanes)
    {
        const int Count = 400_000;
        using Topic topic = _bus.OpenOrCreateTopic("t", new TopicOptions { Publishers = 2, Lanes = hasLanes });
        string file = _directory.File("file");
        WriteLines(file, Count);
        using Process pub = Shell($"exec {Tool("pub t --lines")} < {file}");
        StringBuilder all = new();
        for (int i = 0; i < 3; i++)
        {
            string part = _directory.File($"part{i}");
            using Process sub = Shell($"exec {Tool("sub t --lines --follow")} > {part}");
            Until.True(() => pub.HasExited || (File.Exists(part) && new FileInfo(part).Length > 100_000));
            Interrupt(sub);
            all.Append(File.ReadAllText(part));
        }
        all.Append(ReadRest(pub));
        Assert.That(all.ToString() == File.ReadAllText(file), Is.True);
    }

    [Test]
    public void Kill_of_sub_loses_nothing()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t");
        string file = _directory.File("file"), part = _directory.File("part");
        WriteLines(file, 400_000);
        using Process pub = Shell($"exec {Tool("pub t --lines")} < {file}");
        using (Process sub = Shell($"exec {Tool("sub t --lines --follow")} > {part}"))
        {
            Until.True(() => File.Exists(part) && new FileInfo(part).Length > 100_000);
            sub.Kill();
            sub.WaitForExit();
        }
        string first = File.ReadAllText(part), rest = ReadRest(pub), sent = File.ReadAllText(file);
        // What was written and not acknowledged yet came twice.
        Assert.Multiple(() =>
        {
            Assert.That(sent.StartsWith(first, StringComparison.Ordinal), Is.True);
            Assert.That(sent.EndsWith(rest, StringComparison.Ordinal), Is.True);
            Assert.That(first.Length + rest.Length, Is.GreaterThanOrEqualTo(sent.Length));
        });
    }

    [Test]
    public void Repeated_messages_keep_their_rate()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t");
        ToolProcess.Result result = Run("pub", "t", "-m", "a", "-m", "b", "--repeat", 100, "--rate", 500, "--json");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(ExitCode.Success), result.Error);
            Assert.That(result.Json.GetProperty("messages").GetInt64(), Is.EqualTo(200));
            Assert.That(result.Json.GetProperty("seconds").GetDouble(), Is.GreaterThan(0.39));
            Assert.That(Run("sub", "t").Output, Is.EqualTo(string.Concat(Enumerable.Repeat("ab", 100))));
        });
    }

    [Test]
    public void What_is_wrong_is_said_in_a_sentence()
    {
        using Topic topic = _bus.OpenOrCreateTopic("t", new TopicOptions { Capacity = 4096 });
        using Publisher publisher = topic.CreatePublisher();
        File.WriteAllText(_directory.File("long"), new string('x', 5000));
        (ExitCode, string, object[])[] cases =
        [
            (ExitCode.NotFound, "shmbus create none", ["pub", "none", "-m", "x"]),
            (ExitCode.NotFound, "shmbus create none", ["sub", "none"]),
            (ExitCode.InUse, "held by process", ["pub", "t", "-m", "x"]),
            (ExitCode.Usage, "Only one of", ["pub", "t", "--lines", "--whole"]),
            (ExitCode.Usage, "rate", ["pub", "t", "--rate", "-1"]),
        ];
        Assert.Multiple(() =>
        {
            foreach ((ExitCode code, string text, object[] arguments) in cases)
            {
                ToolProcess.Result result = Run(arguments);
                Assert.That((result.ExitCode, result.Output), Is.EqualTo((code, "")), string.Join(' ', arguments));
                Assert.That(result.Error, Does.Contain(text).And.Not.Contain("   at "));
            }
        });
        publisher.Dispose();
        foreach (string mode in (string[])["--whole", "--lines"])
        {
            ToolProcess.Result tooLong = Run("pub", "t", mode, _directory.File("long"));
            Assert.That(tooLong.ExitCode, Is.EqualTo(ExitCode.Usage));
            Assert.That(tooLong.Error, Does.Contain("1024 bytes").And.Contain("--chunk"));
        }
    }

    /// <summary>One shell publishes a file, another has the messages written to a copy, whose hash this is.</summary>
    private string Pass(string file, string pub, string sub)
    {
        using Process to = Shell($"{Tool(sub)} > {file}.copy");
        // A subscriber of a broadcast gets what comes after it.
        using TopicObserver observer = _bus.ObserveTopic("t");
        Until.True(() => to.HasExited || observer.Inspect().Endpoints.Any(static endpoint => endpoint.Role == EndpointRole.Subscriber && endpoint.IsAlive));
        using Process from = Shell($"{Tool(pub)} < {file}");
        from.WaitForExit();
        to.WaitForExit();
        Assert.That((from.ExitCode, to.ExitCode), Is.EqualTo((0, 0)));
        return Hash($"{file}.copy");
    }

    /// <summary>All that is still to come, once its publisher ended.</summary>
    private string ReadRest(Process pub)
    {
        string file = _directory.File("rest");
        using Process last = Shell($"exec {Tool("sub t --lines --follow")} > {file}");
        using TopicObserver observer = _bus.ObserveTopic("t");
        Until.True(() => pub.HasExited && observer.Inspect().Endpoints.Any(static endpoint => endpoint is { Role: EndpointRole.Subscriber, IsAlive: true, UnreadBytes: 0 }));
        Interrupt(last);
        return File.ReadAllText(file);
    }

    private static void Interrupt(Process sub)
    {
        // A shell that has not become the tool yet would die of it.
        Until.True(() => sub.HasExited || File.ReadAllText($"/proc/{sub.Id}/cmdline").Contains("--follow", StringComparison.Ordinal));
        _ = Posix.kill(sub.Id, Posix.SIGINT);
        sub.WaitForExit();
        Assert.That(sub.ExitCode, Is.EqualTo((int)ExitCode.Cancelled));
    }

    private static string Hash(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexString(SHA256.HashData(stream));
    }

    private static void WriteNoise(string file, int length)
    {
        using FileStream stream = File.Create(file);
        Random random = new(1);
        byte[] block = new byte[1 << 16];
        for (int left = length; left > 0; left -= block.Length)
        {
            random.NextBytes(block);
            stream.Write(block, 0, Math.Min(left, block.Length));
        }
    }

    private static void WriteLines(string file, int count) =>
        File.WriteAllLines(file, Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"line {i} {new string('x', i % 50)}")));

    private string Tool(string command) => $"dotnet {typeof(ToolCommand).Assembly.Location} {command} --bus {_bus.Directory}";

    private static Process Shell(string script)
    {
        ProcessStartInfo start = new("bash", ["-c", script]) { RedirectStandardInput = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Process.Start(start)!;
    }

    private ToolProcess Start(params object[] arguments) => ToolProcess.Start([.. arguments, "--bus", _bus.Directory!]);

    private ToolProcess.Result Run(params object[] arguments) => ToolProcess.Run([.. arguments, "--bus", _bus.Directory!]);
}
