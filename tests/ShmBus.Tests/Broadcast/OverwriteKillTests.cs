using System.Globalization;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Broadcast;

/// <summary>
/// Processes on a topic that overwrites: a publisher as fast as it can be, killed in the middle of claims and replaced, and readers
/// of different speed, one of them stopped again and again. Each of them verifies every byte that it gets, and accounts for every
/// byte of the ring.
/// </summary>
internal sealed class OverwriteKillTests
{
    private const int Seed = 1;
    private const int Lives = 5;

    private readonly List<PeerProcess> _readers = [];
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;
    private PeerProcess? _publisher;

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
    }

    [TearDown]
    public void TearDown()
    {
        _publisher?.Dispose();
        _readers.ForEach(static reader => reader.Dispose());
        _readers.Clear();
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void What_each_got_and_what_it_missed_add_up_to_all_that_was_published([Values(8192, 1 << 20)] int capacity)
    {
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = capacity, Delivery = Delivery.Broadcast, Overflow = Overflow.Overwrite });
        foreach (int pause in (int[])[0, 50, 5000, 0])
        {
            PeerProcess reader = PeerProcess.Start("skim", _path, Seed, pause);
            reader.Expect("ready");
            _readers.Add(reader);
        }
        for (int life = 1; life <= Lives; life++)
        {
            // A step takes up 16 bytes at least: so far no publisher got.
            _publisher = PeerProcess.Start("flood", _path, Seed, Published / 16);
            _publisher.Expect("ready");
            AwaitFlood(_readers[^1], life);
            if (life < Lives)
            {
                _publisher.Kill();
                _publisher.Dispose();
                using PeerProcess dies = PeerProcess.Start("die-in-claim", _path, 0);
                dies.ExitCode();
            }
        }
        _publisher!.WriteLine("end");
        _publisher.Expect("sent");
        Assert.That(_publisher.ExitCode(), Is.Zero);
        long[][] figures = [.. _readers.Select(Figures)];
        Assert.That(figures.Select(static each => each[0] + each[1] + each[2]), Is.All.EqualTo(Published));
        Assert.That(figures[2][1], Is.Positive, "The slowest was passed.");
        Assert.That(_topic.Inspect().CorruptAt, Is.Null);
    }

    private long Published => _topic.Inspect().PublishedBytes;

    /// <summary>Waits while the ring is written over many times; meanwhile a reader is stopped and goes on.</summary>
    private void AwaitFlood(PeerProcess stopped, int times)
    {
        for (int i = 0; i < 5; i++)
        {
            stopped.Stop();
            AwaitPublished((long)(Random.Shared.NextDouble() * times * _topic.Capacity));
            stopped.Continue();
            AwaitPublished((long)(Random.Shared.NextDouble() * 10 * _topic.Capacity));
        }
    }

    private void AwaitPublished(long bytes)
    {
        long until = Published + bytes;
        Until.True(() => Published >= until);
    }

    /// <summary>The bytes that a reader got, missed and passed by, when it has read to the last.</summary>
    private static long[] Figures(PeerProcess reader)
    {
        reader.CloseInput();
        string line = reader.ReadLine();
        TestContext.Out.WriteLine($"read, missed, lost, evictions: {line}");
        Assert.That(reader.ExitCode(), Is.Zero);
        return [.. line.Split(' ').Select(static figure => long.Parse(figure, CultureInfo.InvariantCulture))];
    }
}
