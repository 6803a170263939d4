using System.Text.Json;
using System.Text.RegularExpressions;
using ShmBus.Waiting;

namespace ShmBus.Tool.Tests.Top;

/// <summary><c>shmbus top</c>, installed from its package and run in a real terminal.</summary>
internal sealed partial class TopTests
{
    private InstalledTool _tool = null!;
    private BrokenBus _bus = null!;

    [OneTimeSetUp]
    public void Install() => _tool = new InstalledTool();

    [OneTimeTearDown]
    public void Remove() => _tool.Dispose();

    [SetUp]
    public void SetUp() => _bus = new BrokenBus();

    [TearDown]
    public void TearDown() => _bus.Dispose();

    [Test]
    public void On_a_busy_bus_it_updates_sorts_opens_resizes_and_quits()
    {
        _bus.Make("a-idle");
        _bus.MakeTruncated("b-broken");
        using BusyTopic busy = new(_bus, "z-busy");
        using Terminal terminal = new(160, 12, $"echo before; {Line("top")}; echo ended $?; read x");

        // Updates: its rates change from look to look.
        terminal.Until(static screen => Busy().IsMatch(screen));
        string row = Row(terminal, "z-busy");
        terminal.Until(_ => Row(terminal, "z-busy") is string now && now != row && Busy().IsMatch(now));
        Assert.That(Row(terminal, "b-broken"), Does.EndWith("wrong_size"));

        // Sorts: by bytes a second at first, then by name, then the other way round.
        Assert.That(terminal.Lines[0], Does.EndWith("by bytes/s"));
        Assert.That(terminal.Lines[2], Does.StartWith("z-busy"));
        terminal.Press("n");
        terminal.Until(static screen => screen.Split('\n')[0].EndsWith("by name", StringComparison.Ordinal));
        Assert.That(terminal.Lines[2], Does.StartWith("a-idle"));
        terminal.Press("r");
        terminal.Until(static screen => screen.Split('\n')[2].StartsWith("z-busy", StringComparison.Ordinal));

        // Opens the one that is selected, and goes back.
        terminal.Press("j");
        terminal.Press("Enter");
        terminal.Until(screen => screen.Contains("subscriber  0     ", StringComparison.Ordinal) && screen.Contains($"{busy.PublisherId} ", StringComparison.Ordinal));
        // Its command line, as far as it fits.
        terminal.Until(static screen => screen.Contains(" dotnet /", StringComparison.Ordinal));
        terminal.Press("Escape");
        terminal.Until(static screen => screen.Contains("a-idle", StringComparison.Ordinal));

        // Resizes: the lines are cut, the keys stay in the last one.
        terminal.Resize(60, 5);
        terminal.Until(static screen => screen.TrimEnd('\n').Split('\n') is { Length: 5 } lines && lines[4].StartsWith("q quit", StringComparison.Ordinal) && lines[2].StartsWith("z-busy", StringComparison.Ordinal));
        terminal.Resize(160, 12);
        terminal.Until(static screen => Busy().IsMatch(screen) && screen.Contains("a-idle", StringComparison.Ordinal));

        // Quits, and leaves the screen as it was.
        terminal.Press("q");
        terminal.Until(static screen => screen.Contains("ended 0", StringComparison.Ordinal));
        Assert.That(terminal.Screen, Does.StartWith("before\n").And.Not.Contain("top"));
    }

    [Test]
    public void Topics_that_come_and_go_are_shown_without_a_restart()
    {
        _bus.Make("first");
        using Terminal terminal = new(160, 12, Line("top"));
        terminal.Until(static screen => screen.Contains("first", StringComparison.Ordinal));
        _bus.Make("second");
        terminal.Until(static screen => screen.Contains("second", StringComparison.Ordinal));
        Assert.That(_bus.Bus.DeleteTopic("first"), Is.True, "it keeps nobody from that");
        terminal.Until(static screen => !screen.Contains("first", StringComparison.Ordinal));
        _bus.MakeAbandonedClaim("third");
        terminal.Until(static screen => ThirdIsDead().IsMatch(screen));
    }

    [Test]
    public void Ctrl_C_ends_it_with_130_and_gives_the_screen_back()
    {
        _bus.Make("t");
        using Terminal terminal = new(160, 12, $"echo before; trap '' INT; (trap - INT; exec {Line("top")}); echo ended $?; read x");
        terminal.Until(static screen => screen.Contains("q quit", StringComparison.Ordinal));
        terminal.Press("C-c");
        terminal.Until(static screen => screen.Contains("ended 130", StringComparison.Ordinal));
        Assert.That(terminal.Screen, Does.StartWith("before\n"));
    }

    [Test]
    public void Where_the_output_is_no_terminal_it_writes_plain_lines()
    {
        using BusyTopic busy = new(_bus, "t");
        ToolProcess.Result text = _bus.Run("top", "-n", 3, "--interval", "0.2");
        Assert.That(text.ExitCode, Is.EqualTo(ExitCode.Success), text.Error);
        string[] lines = text.Output.TrimEnd('\n').Split('\n');
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(lines[0], Does.StartWith("TIME TOPIC MSG/S BYTES/S DEPTH"));
        Assert.That(lines.Skip(1), Is.All.Matches(@"^\S+Z t [1-9]\d* [1-9]\d* \d+ 1 1 \S+ \S+ 0 0 0 \S+$"));
        string[] reports = _bus.Run("top", "-n", 2, "--interval", "0.2", "--json").Output.TrimEnd('\n').Split('\n');
        Assert.That(reports, Has.Length.EqualTo(2));
        JsonElement topic = JsonElement.Parse(reports[1]).GetProperty("topics")[0];
        Assert.That(topic.GetProperty("messages_per_second").GetDouble(), Is.Positive);
        Assert.That(topic.GetProperty("lags")[0].GetProperty("process_id").GetInt32(), Is.EqualTo(Environment.ProcessId));
    }

    [Test]
    public void Watching_a_hundred_topics_twice_a_second_takes_at_most_3_percent_of_one_core()
    {
        const int Topics = 100;
        List<IDisposable> open = [];
        for (int i = 0; i < Topics; i++)
        {
            Topic topic = _bus.Bus.OpenOrCreateTopic($"topic-{i:000}", new TopicOptions { Capacity = 64 << 10, Publishers = 4 });
            Subscriber subscriber = topic.CreateSubscriber();
            open.AddRange([topic, subscriber, topic.CreatePublisher(WaitStrategy.Park)]);
        }
        Publisher[] publishers = [.. open.OfType<Publisher>()];
        Subscriber[] subscribers = [.. open.OfType<Subscriber>()];
        using Terminal terminal = new(160, 50, $"exec {Line("top")}");
        terminal.Until(static screen => screen.Contains("topic-040", StringComparison.Ordinal));
        // Compiled by then.
        Traffic(TimeSpan.FromSeconds(15));
        int process = terminal.ProcessId;
        double before = ProcessorSeconds(process);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        Traffic(TimeSpan.FromSeconds(20));
        double part = (ProcessorSeconds(process) - before) / System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        TestContext.Out.WriteLine($"{part:0.0%} of one core");
        open.Reverse();
        open.ForEach(static each => each.Dispose());
        Assert.That(part, Is.LessThanOrEqualTo(0.03));

        // Some on all of them, so that what is shown changes with every look.
        void Traffic(TimeSpan span)
        {
            for (long from = System.Diagnostics.Stopwatch.GetTimestamp(); System.Diagnostics.Stopwatch.GetElapsedTime(from) < span; Thread.Sleep(100))
            {
                for (int i = 0; i < Topics; i++)
                {
                    publishers[i].Publish(new byte[Random.Shared.Next(1000)]);
                    while (subscribers[i].TryRead(out _))
                    {
                    }
                }
            }
        }
    }

    private string Line(string command) => $"{_tool.Command} {command} --bus {_bus.Directory}";

    private static string Row(Terminal terminal, string topic) => terminal.Lines.FirstOrDefault(line => line.StartsWith(topic, StringComparison.Ordinal))?.TrimEnd() ?? "";

    /// <summary>User and system time, in ticks of 10 ms.</summary>
    private static double ProcessorSeconds(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture) + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture)) / 100.0;
    }

    // Messages and bytes a second that are not 0.
    [GeneratedRegex(@"z-busy +queue +[1-9]\S* +[1-9]\S* ")]
    private static partial Regex Busy();

    [GeneratedRegex(@"third .*abandoned_claim")]
    private static partial Regex ThirdIsDead();

    /// <summary>A process that publishes without end, and a thread of this one that reads.</summary>
    private sealed class BusyTopic : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly PeerProcess _publisher;
        private readonly Thread _reader;

        internal BusyTopic(BrokenBus bus, string name)
        {
            _publisher = LibraryPeer.Start("publish-without-end", bus.Make(name, new TopicOptions { Capacity = 64 << 10 }), 100);
            _reader = new Thread(() =>
            {
                using Topic topic = bus.Bus.OpenTopic(name);
                using Subscriber subscriber = topic.CreateSubscriber();
                while (!_ended.IsCancellationRequested)
                {
                    // Not all that the machine can: others test as well.
                    for (int i = 0; i < 1000 && subscriber.TryRead(out _); i++)
                    {
                    }
                    Thread.Sleep(Random.Shared.Next(1, 5));
                }
            });
            _reader.Start();
        }

        internal int PublisherId => _publisher.Id;

        public void Dispose()
        {
            _ended.Cancel();
            _reader.Join();
            _publisher.Dispose();
            _ended.Dispose();
        }
    }
}
