using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tests.Support;

namespace ShmBus.Tests.Endpoints;

/// <summary>Who comes to a topic and goes is told, by what the kernel tells.</summary>
[TestFixture(Place.File)]
[TestFixture(Place.InProcess)]
internal sealed class PeerMonitorTests(Place place)
{
    private TestDirectory _directory = null!;
    private Topic _topic = null!;
    private BlockingCollection<PeerEventArgs> _changes = null!;
    private PeerMonitor _monitor = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _topic = place.CreateTopic(_directory, new TopicOptions { Publishers = 3, Delivery = Delivery.Broadcast });
        _changes = [];
        _monitor = _topic.WatchPeers((_, change) => _changes.Add(change));
    }

    [TearDown]
    public void Close()
    {
        _monitor.Dispose();
        _changes.Dispose();
        _topic.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Who_comes_and_goes_is_told_in_order()
    {
        for (int i = 0; i < 10; i++)
        {
            using (Publisher publisher = _topic.CreatePublisher())
            {
                Expect(PeerChange.Joined, EndpointRole.Publisher, 0);
                using (Subscriber subscriber = _topic.CreateSubscriber(place: "billing"))
                {
                    Assert.That(Expect(PeerChange.Joined, EndpointRole.Subscriber, 0).PlaceName, Is.EqualTo("billing"));
                    Assert.That(_monitor.Peers.Select(static peer => (peer.Role, peer.Slot, peer.ProcessId)), Is.EqualTo(new[]
                    {
                        (EndpointRole.Publisher, 0, Environment.ProcessId), (EndpointRole.Subscriber, 0, Environment.ProcessId),
                    }));
                }
                Expect(PeerChange.Left, EndpointRole.Subscriber, 0);
            }
            Expect(PeerChange.Left, EndpointRole.Publisher, 0);
            Assert.That(_monitor.Peers, Is.Empty);
        }
    }

    [Test]
    public void Who_is_there_when_the_watch_begins_is_told_first()
    {
        using Publisher first = _topic.CreatePublisher();
        using Publisher second = _topic.CreatePublisher();
        BlockingCollection<PeerEventArgs> changes = [];
        using PeerMonitor monitor = _topic.WatchPeers((_, change) => changes.Add(change));
        Assert.That(monitor.Peers, Has.Count.EqualTo(2));
        Assert.That(changes.Take().Peer.Slot, Is.Zero);
        Assert.That(changes.Take().Peer.Slot, Is.EqualTo(1));
    }

    [Test]
    public void Watch_takes_no_slot_and_outlives_the_topic()
    {
        Assert.That(_topic.Inspect().Endpoints, Is.Empty);
        using Publisher publisher = _topic.CreatePublisher();
        Expect(PeerChange.Joined, EndpointRole.Publisher, 0);
        _topic.Dispose();
        publisher.Dispose();
        Expect(PeerChange.Left, EndpointRole.Publisher, 0);
    }

    [Test]
    public void Disposed_monitor_tells_nothing()
    {
        _monitor.Dispose();
        _monitor.Dispose();
        using Publisher publisher = _topic.CreatePublisher();
        BlockingCollection<PeerEventArgs> changes = [];
        using PeerMonitor other = _topic.WatchPeers((_, change) => changes.Add(change));
        _ = changes.Take();
        Assert.That(_changes, Is.Empty);
    }

    [Test]
    public void Handler_may_dispose_the_monitor_and_make_endpoints()
    {
        using ManualResetEventSlim isDone = new();
        PeerMonitor? monitor = null;
        using ManualResetEventSlim isMade = new();
        monitor = _topic.WatchPeers((_, _) =>
        {
            isMade.Wait();
            _topic.CreateSubscriber().Dispose();
            monitor!.Dispose();
            isDone.Set();
        });
        isMade.Set();
        using Publisher publisher = _topic.CreatePublisher();
        isDone.Wait();
    }

    [Test]
    public void Handler_does_not_run_in_the_context_of_who_comes_or_leaves()
    {
        AsyncLocal<string?> local = new();
        using BlockingCollection<string?> met = [];
        using PeerMonitor monitor = _topic.WatchPeers((_, _) => met.Add(local.Value));
        local.Value = "a stranger's";
        using Publisher publisher = _topic.CreatePublisher();
        Assert.That(met.Take(), Is.Null);
    }

    [Test]
    public void Handler_may_dispose_its_sender_before_the_watch_has_begun()
    {
        using Publisher publisher = _topic.CreatePublisher();
        using CancellationTokenSource isOver = new();
        // Their coming and going has the monitor look once more while it still is at its first look.
        Task others = Task.Run(() =>
        {
            while (!isOver.IsCancellationRequested)
            {
                _topic.CreateSubscriber().Dispose();
            }
        });
        for (int i = 0; i < 10_000; i++)
        {
            using PeerMonitor monitor = _topic.WatchPeers(static (sender, _) => ((PeerMonitor)sender!).Dispose());
        }
        isOver.Cancel();
        others.Wait();
    }

    [Test]
    public void Coming_and_going_all_the_time_ends_with_nobody()
    {
        Parallel.For(0, 3, _ =>
        {
            for (int i = 0; i < 100; i++)
            {
                _topic.CreatePublisher().Dispose();
                _topic.CreateSubscriber().Dispose();
            }
        });
        Until.True(() => _monitor.Peers.Count == 0);
        Dictionary<(EndpointRole, int), bool> isThere = [];
        while (_changes.TryTake(out PeerEventArgs? change, TimeSpan.FromMilliseconds(100)))
        {
            (EndpointRole, int) peer = (change.Peer.Role, change.Peer.Slot);
            bool joins = change.Change == PeerChange.Joined;
            Assert.That(isThere.GetValueOrDefault(peer), Is.EqualTo(!joins), "by turns");
            Assert.That(change.Change, Is.Not.EqualTo(PeerChange.Died));
            isThere[peer] = joins;
        }
        Assert.That(isThere.Values, Has.None.True);
    }

    private EndpointInfo Expect(PeerChange change, EndpointRole role, int slot)
    {
        PeerEventArgs next = _changes.Take();
        Assert.That((next.Change, next.Peer.Role, next.Peer.Slot), Is.EqualTo((change, role, slot)));
        return next.Peer;
    }
}

/// <summary>The same between processes.</summary>
internal sealed class PeerDeathTests
{
    private TestDirectory _directory = null!;
    private string _path = null!;
    private Topic _topic = null!;

    [SetUp]
    public void Open()
    {
        _directory = new TestDirectory();
        _path = _directory.File("topic");
        _topic = Topic.OpenOrCreate(_path);
    }

    [TearDown]
    public void Close()
    {
        _topic.Dispose();
        _directory.Dispose();
    }

    /// <summary>The best of several: a busy machine makes any one of them late, but where nobody is told all of them are.</summary>
    [Test]
    public void Death_is_told_within_100_ms()
    {
        using BlockingCollection<PeerEventArgs> changes = [];
        using PeerMonitor monitor = _topic.WatchPeers((_, change) => changes.Add(change));
        Assert.That(monitor.Refused, Is.Null);
        List<double> milliseconds = [];
        for (int i = 0; i < 9; i++)
        {
            using PeerProcess peer = PeerProcess.Start("hold", _path, i % 2 == 0 ? "publisher" : "subscriber");
            peer.Expect("holding");
            PeerEventArgs joined = changes.Take();
            Assert.That((joined.Change, joined.Peer.ProcessId), Is.EqualTo((PeerChange.Joined, peer.Id)));
            long killed = Stopwatch.GetTimestamp();
            peer.Signal(9);
            PeerEventArgs died = changes.Take();
            milliseconds.Add(Stopwatch.GetElapsedTime(killed).TotalMilliseconds);
            Assert.That((died.Change, died.Peer.ProcessId, died.Peer.IsAlive), Is.EqualTo((PeerChange.Died, peer.Id, false)));
        }
        TestContext.Out.WriteLine($"Milliseconds from kill to event: {string.Join(", ", milliseconds.Order().Select(static each => each.ToString("f2", CultureInfo.InvariantCulture)))}");
        Assert.That(milliseconds.Min(), Is.InRange(0, 100));
    }

    [Test]
    public void Coming_leaving_and_dying_are_told_in_another_process_also_where_it_must_poll([Values] bool isWatched)
    {
        using PeerProcess watcher = PeerProcess.Start(isWatched ? new Confinement() : new Confinement().NoInotify(), "watch-peers", _path);
        Assert.That(watcher.ReadLine(), isWatched ? Is.EqualTo("told") : Does.Contain("inotify").And.Contain("every 50 ms"));
        using PeerProcess leaver = PeerProcess.Start("hold", _path, "publisher");
        leaver.Expect("holding");
        watcher.Expect($"Joined Publisher 0 {leaver.Id}");
        using PeerProcess dier = PeerProcess.Start("hold", _path, "subscriber");
        dier.Expect("holding");
        watcher.Expect($"Joined Subscriber 0 {dier.Id}");
        leaver.WriteLine("end");
        watcher.Expect($"Left Publisher 0 {leaver.Id}");
        dier.Kill();
        watcher.Expect($"Died Subscriber 0 {dier.Id}");
    }
}
