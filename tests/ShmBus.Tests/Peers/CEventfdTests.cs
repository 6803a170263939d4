using System.Globalization;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Peers;

/// <summary>
/// Peers in C that get a region and its eventfds over the socket of a server in C#, and wake and are woken through these: what LAYOUT.md says of
/// it is what the code does.
/// </summary>
internal sealed class CEventfdTests
{
    private const ulong Seed = 1;

    private CPrograms _programs = null!;
    private Topic _topic = null!;
    private RegionServer _server = null!;

    private string Address => "unix:" + _server.Address;

    [OneTimeSetUp]
    public void Build() => _programs = new CPrograms();

    [OneTimeTearDown]
    public void Remove() => _programs?.Dispose();

    [SetUp]
    public void Serve()
    {
        _topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Math.Max(8192, Environment.SystemPageSize), Eventfds = true });
        _server = new RegionServer($"@shmbus-test-{Guid.NewGuid():N}");
        _server.Offer(_topic);
        _server.Start();
    }

    [TearDown]
    public void Close()
    {
        _server.Dispose();
        _topic.Dispose();
    }

    [Test]
    public void Loop_of_epoll_is_woken_for_messages_and_serves_its_other_descriptors_as_before()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using PeerProcess loop = PeerProcess.StartProgram(_programs.Loop, Address);
        loop.Expect("ready");
        for (int i = 1; i <= 20; i++)
        {
            Until.Asleep(loop.Id, $"{loop.Id}", "poll");
            if (i % 3 == 0)
            {
                loop.WriteLine("");
                loop.Expect("line");
            }
            else
            {
                publisher.Publish(new byte[i]);
                loop.Expect($"message of {i}");
            }
        }
        loop.CloseInput();
        Assert.That(loop.ExitCode(), Is.Zero);
        _topic.CreateSubscriber().Dispose();
    }

    [Test]
    public void Loop_of_epoll_misses_no_message_of_a_flow()
    {
        const int count = 20_000;
        using Publisher publisher = _topic.CreatePublisher(WaitStrategy.Park);
        using PeerProcess loop = PeerProcess.StartProgram(_programs.Loop, Address);
        loop.Expect("ready");
        for (int i = 0; i < count; i++)
        {
            publisher.Publish(new byte[i % 100]);
            // Now and then long enough for the loop to be on its way to sleep, in one of many stages.
            Thread.SpinWait(Random.Shared.Next(0, 2_000));
            loop.Expect($"message of {i % 100}");
        }
        Assert.That(Sleeps(EndpointRole.Subscriber), Is.GreaterThan(count / 10));
    }

    [Test]
    public void Row_from_C_arrives_whole_where_both_sides_sleep_on_their_eventfds()
    {
        const int count = 100_000;
        using Subscriber subscriber = _topic.CreateSubscriber(WaitStrategy.Park);
        using PeerProcess publisher = PeerProcess.StartProgram(_programs.Publisher, "send", Address, Seed, 0, 0, count);
        NumberedMessages messages = new(Seed, _topic.MaxMessageLength);
        for (int i = 0; i < count; i++)
        {
            messages.Verify(i, subscriber.Read().Payload);
        }
        publisher.Expect("ready");
        publisher.Expect("sent");
        ExpectSleeps();
    }

    [Test]
    public void Row_from_CSharp_arrives_whole_where_both_sides_sleep_on_their_eventfds()
    {
        const int count = 100_000;
        using TestDirectory directory = new();
        using Journal journal = new(directory.File("journal"));
        using PeerProcess subscriber = PeerProcess.StartProgram(_programs.Subscriber, Address, Seed, 1, count, directory.File("journal"));
        subscriber.Expect("ready");
        using Publisher publisher = _topic.CreatePublisher(WaitStrategy.Park);
        NumberedMessages messages = new(Seed, _topic.MaxMessageLength);
        for (int i = 0; i < count; i++)
        {
            publisher.Publish(messages[i]);
        }
        subscriber.Expect("received");
        ExpectSleeps();
    }

    [Test]
    public void Reader_that_blocks_sleeps_on_its_eventfd_until_a_publisher_in_C_wakes_it()
    {
        using PeerProcess publisher = HoldClaim(out Subscriber subscriber);
        using Subscriber mine = subscriber;
        using BlockingReader reader = new(mine);
        Until.Asleep(Environment.ProcessId, reader.Thread, "poll");
        long switches = Switches(reader.Thread);
        Thread.Sleep(1000);
        Assert.That(Switches(reader.Thread) - switches, Is.Zero);
        publisher.WriteLine("commit");
        Assert.That(reader.Length, Is.EqualTo(100));
        publisher.Expect("committed");
    }

    [Test]
    public async Task Reader_that_awaits_is_woken_by_a_publisher_in_C()
    {
        using PeerProcess publisher = HoldClaim(out Subscriber subscriber);
        using Subscriber mine = subscriber;
        Task<MessageCopy> read = mine.ReadAsync().AsTask();
        await Task.Delay(100);
        Assert.That(read.IsCompleted, Is.False);
        publisher.WriteLine("commit");
        using MessageCopy message = await read;
        Assert.That(message.Payload.Length, Is.EqualTo(100));
        publisher.Expect("committed");
    }

    private PeerProcess HoldClaim(out Subscriber subscriber)
    {
        subscriber = _topic.CreateSubscriber(WaitStrategy.Park);
        PeerProcess publisher = PeerProcess.StartProgram(_programs.Publisher, "hold-claim", Address, 100);
        publisher.Expect("in claim");
        return publisher;
    }

    private void ExpectSleeps() => Assert.Multiple(() =>
    {
        Assert.That(Sleeps(EndpointRole.Publisher), Is.GreaterThan(10), "The publisher waited for room.");
        Assert.That(Sleeps(EndpointRole.Subscriber), Is.GreaterThan(10), "The subscriber waited for messages.");
    });

    /// <summary>How often the owners of a slot have slept, by the count in it.</summary>
    private long Sleeps(EndpointRole role)
    {
        RegionFile file = (RegionFile)_topic.Source;
        RegionGeometry geometry = file.Header.Geometry;
        byte[] parked = new byte[sizeof(uint)];
        Libc.Read(file.Handle, parked, (role == EndpointRole.Publisher ? geometry.PublisherSlotOffset(0) : geometry.SubscriberSlotOffset(0)) + RegionDescriptor.ParkedOffset);
        return BitConverter.ToUInt32(parked) / 2;
    }

    private static long Switches(string thread) => File.ReadLines($"/proc/self/task/{thread}/status")
        .Where(static line => line.Contains("ctxt_switches", StringComparison.Ordinal))
        .Sum(static line => long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));

    /// <summary>A thread that reads one message.</summary>
    private sealed class BlockingReader : IDisposable
    {
        private readonly Thread _thread;
        private readonly ManualResetEventSlim _started = new();
        private int _length = -1;

        internal BlockingReader(Subscriber subscriber)
        {
            _thread = new Thread(() =>
            {
                Thread = $"{Posix.ThreadId}";
                _started.Set();
                _length = subscriber.Read().Payload.Length;
            })
            { IsBackground = true };
            _thread.Start();
            _started.Wait();
        }

        /// <summary>As the kernel knows it.</summary>
        internal string Thread { get; private set; } = "";

        /// <summary>What was read, waited for.</summary>
        internal int Length
        {
            get
            {
                _thread.Join();
                return _length;
            }
        }

        public void Dispose() => _started.Dispose();
    }
}
