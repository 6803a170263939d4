using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using ShmBus.Tests.Support;

namespace ShmBus.Hosting.Tests.House;

/// <summary>examples/Worker as two processes, each of which is ended by Ctrl-C and started anew.</summary>
internal sealed partial class WorkerExampleTests
{
    private TestDirectory _directory = null!;

    [SetUp]
    public void SetUp() => _directory = new TestDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public void Ctrl_C_on_either_loses_nothing()
    {
        using Worker handler = Start("OrderHandler", "Handled");
        using Worker producer = Start("OrderProducer", "Published", "--Orders:Pause", "00:00:00.001");
        handler.Await(20);
        string[] handled = handler.EndByCtrlC();

        // Nobody is there to handle these, until the next one is.
        producer.Await(producer.Count + 20);
        using Worker nextHandler = Start("OrderHandler", "Handled");
        nextHandler.Await(20);
        string[] published = producer.EndByCtrlC();

        using Worker nextProducer = Start("OrderProducer", "Published", "--Orders:Pause", "00:00:00.001");
        nextProducer.Await(20);
        published = [.. published, .. nextProducer.EndByCtrlC()];
        nextHandler.Await(published.Length - handled.Length);
        handled = [.. handled, .. nextHandler.EndByCtrlC()];
        Assert.That(handled, Is.EqualTo(published));
    }

    [Test]
    public void A_wrong_setting_ends_the_host_at_its_start_with_the_path_of_the_setting()
    {
        using PeerProcess handler = StartProcess("OrderHandler", "--ShmBus:Topics:orders:Capacity", "-1");
        Assert.Multiple(() =>
        {
            Assert.That(string.Join('\n', handler.ReadLines()) + handler.ReadError(), Does.Contain("ShmBus:Topics:orders:Capacity"));
            Assert.That(handler.ExitCode(), Is.Not.Zero);
        });
    }

    private Worker Start(string program, string verb, params object[] arguments) => new(StartProcess(program, arguments), verb);

    private PeerProcess StartProcess(string program, params object[] arguments)
    {
        // That of these tests: in the same configuration.
        string output = Path.GetRelativePath(Repository.File("tests", "ShmBus.Hosting.Tests"), AppContext.BaseDirectory);
        string folder = Repository.File("examples", "Worker", program, output);
        // A shell has what it starts in the background ignore Ctrl-C, and these tests may be a part of that.
        return PeerProcess.StartProgram(
            "env", ["--default-signal=INT", "dotnet", Path.Combine(folder, program + ".dll"), "--contentRoot", folder, "--ShmBus:Directory", _directory.File("bus"), .. arguments]);
    }

    /// <summary>One of the two hosts, and which orders its log names.</summary>
    private sealed partial class Worker : IDisposable
    {
        private const int SigInt = 2;

        private readonly PeerProcess _process;
        private readonly ConcurrentQueue<string> _orders = [];
        private readonly Task _reading;

        internal Worker(PeerProcess process, string verb)
        {
            _process = process;
            _reading = Task.Factory.StartNew(
                () =>
                {
                    foreach (string line in process.ReadLines())
                    {
                        if (Order().Match(line) is { Success: true } order && line.Contains(verb, StringComparison.Ordinal))
                        {
                            _orders.Enqueue(order.Value);
                        }
                    }
                },
                TaskCreationOptions.LongRunning);
        }

        internal int Count => _orders.Count;

        internal void Await(int count)
        {
            Until.True(() => _orders.Count >= count || _reading.IsCompleted);
            Assert.That(_orders, Has.Count.GreaterThanOrEqualTo(count), "It ended.");
        }

        internal string[] EndByCtrlC()
        {
            _process.Signal(SigInt);
            Assert.That(_process.ExitCode(), Is.Zero);
            _reading.Wait();
            return [.. _orders];
        }

        public void Dispose()
        {
            _process.Dispose();
            _reading.Wait();
        }

        [GeneratedRegex("Producer = [0-9]+, Number = [0-9]+")]
        private static partial Regex Order();
    }
}
