using ShmBus.TestPeer;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.Broadcast;

/// <summary>
/// Processes of publishers and subscribers of a broadcast, stopped, killed and replaced at random, while others join and leave: whoever
/// has a place gets every message, in the order of each publisher.
/// </summary>
internal sealed class KillTests
{
    private const int Capacity = 16384; // small, so that it is full and empty often
    private const int Kills = 10;
    private const ulong Seed = 1;
    private const long Endless = long.MaxValue / 16;

    private readonly List<PeerProcess> _visitors = [];
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private string _path = null!;
    private Journal[] _journals = [];
    private PeerProcess[] _subscribers = [];
    private PeerProcess[] _publishers = [];

    [SetUp]
    public void SetUp()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _visitors.Clear();
    }

    [TearDown]
    public void TearDown()
    {
        foreach (PeerProcess peer in (IEnumerable<PeerProcess>)[.. _publishers, .. _subscribers, .. _visitors])
        {
            peer.Dispose();
        }
        Array.ForEach(_journals, static journal => journal.Dispose());
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Every_place_gets_every_message_whoever_is_killed([Values(1, 3)] int publishers, [Values(1, 2, 8)] int places)
    {
        _topic = Topic.OpenOrCreate(_path, new TopicOptions { Capacity = Capacity, Delivery = Delivery.Broadcast, Publishers = publishers, Subscribers = places + 2 });
        _journals = [.. Enumerable.Range(0, places).Select(place => new Journal(JournalOf(place)))];
        _subscribers = [.. Enumerable.Range(0, places).Select(place => StartSubscriber(place, publishers))];
        _publishers = [.. Enumerable.Range(0, publishers).Select(row => StartPublisher((uint)row))];
        _visitors.AddRange([StartVisitor(), StartVisitor()]);
        int[] killed = new int[places];
        for (int i = 0; i < Kills; i++)
        {
            AwaitFlow();
            switch (i % 5)
            {
                case 0 or 3:
                    int row = Random.Shared.Next(publishers);
                    Kill(_publishers[row]);
                    // Its successor goes on with what it had not published.
                    AwaitRead(_topic.Inspect().PublishedBytes);
                    _publishers[row] = StartPublisher((uint)row);
                    break;
                case 1 or 4:
                    int place = Random.Shared.Next(places);
                    Kill(_subscribers[place]);
                    killed[place]++;
                    _subscribers[place] = StartSubscriber(place, publishers);
                    break;
                default:
                    Kill(_visitors[0]);
                    _visitors.RemoveAt(0);
                    _visitors.Add(StartVisitor());
                    break;
            }
        }
        AwaitFlow();
        foreach (PeerProcess publisher in _publishers)
        {
            publisher.Kill();
        }
        AwaitRead(_topic.Inspect().PublishedBytes);
        ExpectVisitorsToEndWell();
        ExpectTheSame(publishers, killed);
    }

    /// <summary>Places with an odd number acknowledge before handling.</summary>
    private static bool IsAtMostOnce(int place) => place % 2 == 1;

    private string JournalOf(int place) => _directory.File($"journal {place}");

    private PeerProcess StartSubscriber(int place, int publishers) => Started(PeerProcess.Start("keep-journal", _path, WaitStrategy.Adaptive, Seed, publishers, Endless,
        JournalOf(place), $"place {place}", IsAtMostOnce(place) ? Acknowledge.BeforeHandling : Acknowledge.AfterHandling));

    private PeerProcess StartPublisher(uint row) =>
        Started(PeerProcess.Start("send", _path, WaitStrategy.Adaptive, Seed + row, _journals.Max(journal => journal.Count(row)), Endless, row));

    private PeerProcess StartVisitor() => Started(PeerProcess.Start("visit", _path, Seed, _topic.Publishers));

    private static PeerProcess Started(PeerProcess peer)
    {
        peer.Expect("ready");
        return peer;
    }

    /// <summary>At once, or when it was stopped.</summary>
    private static void Kill(PeerProcess peer)
    {
        if (Random.Shared.Next(2) == 0)
        {
            peer.Stop();
            Thread.Sleep(Random.Shared.Next(20));
        }
        peer.Kill();
        peer.Dispose();
    }

    /// <summary>Waits until each place has got some more of each row: nobody sleeps for good, and whoever is killed then is at work.</summary>
    private void AwaitFlow()
    {
        foreach (Journal journal in _journals)
        {
            for (uint row = 0; row < _publishers.Length; row++)
            {
                long count = journal.Count(row) + Random.Shared.Next(1, 101);
                Until.True(() => journal.Count(row) >= count);
            }
        }
    }

    /// <summary>Waits until each place has passed a number of published bytes.</summary>
    private void AwaitRead(long bytes) => Until.True(() =>
    {
        TopicSnapshot now = _topic.Inspect();
        return now.Endpoints.Where(static endpoint => endpoint.PlaceName is not null).All(endpoint => now.PublishedBytes - endpoint.PendingBytes >= bytes);
    });

    private void ExpectVisitorsToEndWell()
    {
        foreach (PeerProcess visitor in _visitors)
        {
            visitor.CloseInput();
            TestContext.Out.WriteLine($"visits and messages: {visitor.ReadLine()}");
            Assert.That(visitor.ExitCode(), Is.Zero);
        }
    }

    private void ExpectTheSame(int publishers, int[] killed)
    {
        Assert.That(_topic.Inspect().CorruptAt, Is.Null);
        for (uint row = 0; row < publishers; row++)
        {
            // What died in hand at the very end of a row was never missed.
            long most = _journals.Max(journal => journal.Count(row));
            for (int place = 0; place < _journals.Length; place++)
            {
                Assert.That(_journals[place].Count(row), Is.EqualTo(most), $"row {row} at place {place}");
            }
        }
        for (int place = 0; place < _journals.Length; place++)
        {
            long inHand = _journals[place].Count(Journal.InHand);
            Assert.That(inHand, Is.LessThanOrEqualTo(IsAtMostOnce(place) ? killed[place] : 0), $"place {place}");
            TestContext.Out.WriteLine($"place {place}: {string.Join(", ", Enumerable.Range(0, publishers).Select(row => _journals[place].Count((uint)row)))} messages, {killed[place]} kills, {inHand} lost in hand");
        }
    }
}
