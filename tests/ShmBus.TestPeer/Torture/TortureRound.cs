using System.Diagnostics;
using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// Several processes of publishers and one of a subscriber on a topic of a random size, all of them stopped, continued, killed and
/// replaced at random. In the end some of the publishers are killed and the others come to their end, everything is read, and the ledger
/// is audited.
/// </summary>
internal sealed class TortureRound : IDisposable
{
    private const int MostThreads = 3;

    // What is to be killed in the middle of something is waited for so long: a publisher may wait for room.
    private static readonly TimeSpan LongestPublisherHold = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestSubscriberHold = TimeSpan.FromMilliseconds(200);

    // No limit of speed: nothing at all moves for so long only if something hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TortureOptions _options;
    private readonly WarmPeers _peers;
    private readonly CancellationToken _interrupted;
    private readonly Random _random;
    private readonly Topic _topic;
    private readonly Ledger _ledger;
    private readonly string _ledgerPath;
    private readonly int _restlessness;
    private readonly PublisherProcess[] _publishers;
    private readonly HashSet<int> _killedLives = [];
    private readonly HashSet<int> _forgetful = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private SoakPeer? _subscriber;
    private Acknowledge _acknowledge;
    private TimeSpan _subscriberStopEnds = TimeSpan.MaxValue;
    private TimeSpan _lastProgress;
    private long _messagesSeen;
    private int _lives;
    private int _generation;
    private TortureFigures _figures;

    internal TortureRound(string path, int seed, TortureOptions options, WarmPeers peers, CancellationToken interrupted)
    {
        _options = options;
        _peers = peers;
        _interrupted = interrupted;
        _random = new Random(seed);
        _ledgerPath = path + ".ledger";
        _topic = Topic.OpenOrCreate(path, new TopicOptions
        {
            // For the long stop one that the others need a while to fill.
            Capacity = options.Pause > TimeSpan.Zero ? 1 << 20 : Environment.SystemPageSize << _random.Next(9),
            Publishers = _random.Next(Math.Max(2, options.Publishers * MostThreads), 65),
        });
        _restlessness = _random.Next(1, 13);
        _ledger = new Ledger(_ledgerPath);
        _publishers = [.. Enumerable.Range(0, options.Publishers).Select(static _ => new PublisherProcess())];
        Description = string.Create(CultureInfo.InvariantCulture,
            $"seed {seed}, ring of {_topic.Capacity:n0} bytes for {_topic.Publishers} publishers, restlessness {_restlessness}");
    }

    internal string Description { get; }

    internal TortureFigures Run()
    {
        StartSubscriber();
        Array.ForEach(_publishers, StartPublishers);
        if (_options.Pause > TimeSpan.Zero)
        {
            StopInClaim(_publishers[0], _options.Pause);
        }
        while (!IsOver())
        {
            Disturb();
            Rest(_random.Next(_options.LongestRest + 1));
        }
        Finish();
        return _figures;
    }

    public void Dispose()
    {
        _subscriber?.Dispose();
        Array.ForEach(_publishers, static each => each.Process?.Dispose());
        _ledger.Dispose();
        File.Delete(_ledgerPath);
        File.Delete(_topic.Path!);
        _topic.Dispose();
    }

    private bool IsOver() => _lives + MostThreads > Ledger.Lives ||
        (_clock.Elapsed >= _options.Round && !Array.Exists(_publishers, static each => each.StoppedAt is not null) &&
            _figures.PublisherKills >= _options.LeastPublisherKills && _figures.SubscriberKills >= _options.LeastSubscriberKills);

    private void Disturb()
    {
        PublisherProcess publisher = _publishers[_random.Next(_publishers.Length)];
        switch (_random.Next(20))
        {
            case < 8 when publisher.StoppedAt is null:
                KillPublishers(publisher);
                StartPublishers(publisher);
                break;
            case 8:
                KillSubscriber();
                StartSubscriber();
                break;
            case > 14 and < 19 when publisher.StoppedAt is null:
                // Until it goes on, or is killed where it stands.
                publisher.Process!.Stop();
                publisher.StopEnds = _clock.Elapsed + TimeSpan.FromMilliseconds(_random.Next(40));
                _figures = _figures with { Stops = _figures.Stops + 1 };
                break;
            case 9 or 10:
                _subscriber!.Stop();
                _subscriberStopEnds = _clock.Elapsed + TimeSpan.FromMilliseconds(_random.Next(40));
                _figures = _figures with { Stops = _figures.Stops + 1 };
                break;
            default:
                break;
        }
    }

    /// <summary>Lets things run for a while, continues whose stop ends, and sees that all is well.</summary>
    private void Rest(int milliseconds)
    {
        Thread.Sleep(milliseconds);
        _interrupted.ThrowIfCancellationRequested();
        foreach (PublisherProcess publisher in _publishers)
        {
            publisher.Process?.RequireAlive();
            if (_clock.Elapsed > publisher.StopEnds)
            {
                if (publisher.StoppedAt is { } mark)
                {
                    Require(_topic.Inspect().PublishedBytes > mark, "nobody published behind a claim that was stopped");
                }
                publisher.Continue();
            }
        }
        _subscriber!.RequireAlive();
        if (_clock.Elapsed > _subscriberStopEnds)
        {
            ContinueSubscriber();
        }
        long messages = _ledger.Subscriber.Messages;
        if (messages != _messagesSeen)
        {
            _messagesSeen = messages;
            _lastProgress = _clock.Elapsed;
        }
        Require(_clock.Elapsed - _lastProgress < Patience + _options.Pause, $"it hangs: {Describe()}");
    }

    /// <summary>Stops a process while a publisher of it has a claim open, for long.</summary>
    private void StopInClaim(PublisherProcess publisher, TimeSpan duration)
    {
        int life = publisher.FirstLife;
        Volatile.Write(ref _ledger.Publisher(life).Hold, 1);
        AwaitTrue(() => Volatile.Read(ref _ledger.Publisher(life).IsHeld) != 0, "a claim to stop in");
        publisher.Process!.Stop();
        Volatile.Write(ref _ledger.Publisher(life).Hold, 0);
        publisher.StoppedAt = _topic.Inspect().PublishedBytes;
        publisher.StopEnds = _clock.Elapsed + duration;
        _figures = _figures with { Stops = _figures.Stops + 1 };
    }

    private void StartPublishers(PublisherProcess publisher)
    {
        publisher.FirstLife = _lives;
        publisher.Lives = _random.Next(2) == 0 ? 1 : _random.Next(2, MostThreads + 1);
        for (int i = 0; i < publisher.Lives; i++)
        {
            _ledger.Publisher(_lives++).Since = _generation;
        }
        string words = TorturePeer.ToPublish(_topic, _ledgerPath, _random.Next(), AnyWait(), publisher.FirstLife, publisher.Lives, _restlessness);
        publisher.Process = _peers.Take(words, _interrupted);
    }

    private void KillPublishers(PublisherProcess publisher)
    {
        if (publisher.StopEnds == TimeSpan.MaxValue && _random.Next(3) == 0)
        {
            // Not left to chance: in the middle of a claim, unless it waits for room.
            Volatile.Write(ref _ledger.Publisher(publisher.FirstLife).Hold, 1);
            SpinWait.SpinUntil(() => Volatile.Read(ref _ledger.Publisher(publisher.FirstLife).IsHeld) != 0, LongestPublisherHold);
        }
        publisher.Process!.Kill();
        publisher.Process.Dispose();
        publisher.StopEnds = TimeSpan.MaxValue;
        _killedLives.UnionWith(Enumerable.Range(publisher.FirstLife, publisher.Lives));
        _figures = _figures with { PublisherKills = _figures.PublisherKills + 1, Publishers = _figures.Publishers + publisher.Lives };
    }

    private void StartSubscriber()
    {
        _acknowledge = _random.Next(2) == 0 ? Acknowledge.AfterHandling : Acknowledge.BeforeHandling;
        _subscriber = _peers.Take(TorturePeer.ToSubscribe(_topic, _ledgerPath, _random.Next(), AnyWait(), ++_generation, _acknowledge), _interrupted);
    }

    private void KillSubscriber()
    {
        if (_subscriberStopEnds == TimeSpan.MaxValue && _random.Next(2) == 0)
        {
            // With a message in hand, if one comes.
            Volatile.Write(ref _ledger.Subscriber.Hold, _random.Next(1, 3));
            SpinWait.SpinUntil(() => Volatile.Read(ref _ledger.Subscriber.IsHeld) != 0, LongestSubscriberHold);
        }
        _subscriber!.Kill();
        _ledger.Subscriber.Hold = _ledger.Subscriber.IsHeld = 0;
        _subscriber.Dispose();
        _subscriberStopEnds = TimeSpan.MaxValue;
        if (_acknowledge == Acknowledge.BeforeHandling)
        {
            _forgetful.Add(_generation);
        }
        _figures = _figures with { SubscriberKills = _figures.SubscriberKills + 1 };
    }

    private void ContinueSubscriber()
    {
        _subscriber!.Continue();
        _subscriberStopEnds = TimeSpan.MaxValue;
    }

    /// <summary>Has everybody show that he goes on, some publishers killed and the others end, everything read, and looks at what it comes to.</summary>
    private void Finish()
    {
        Array.ForEach(_publishers, static each => each.Continue());
        ContinueSubscriber();
        AwaitFlow();
        foreach (PublisherProcess publisher in _publishers)
        {
            if (_random.Next(2) == 0)
            {
                KillPublishers(publisher);
            }
            else
            {
                publisher.Process!.WriteLine("end");
                publisher.Process.AwaitEnd(Patience, _interrupted);
                publisher.Process.Dispose();
            }
            publisher.Process = null;
        }
        AwaitTrue(() => _topic.Inspect().PendingBytes == 0, "everything to be read");
        _subscriber!.WriteLine("end");
        _subscriber.AwaitEnd(Patience, _interrupted);
        TakeStock();
    }

    /// <summary>Each publisher that lives goes on, and so does the subscriber: none sleeps for good.</summary>
    private void AwaitFlow()
    {
        int[] living = [.. _publishers.SelectMany(static each => Enumerable.Range(each.FirstLife, each.Lives))];
        long[] marks = [.. living.Select(life => Volatile.Read(ref _ledger.Publisher(life).Committed))];
        for (int i = 0; i < living.Length; i++)
        {
            int life = living[i];
            AwaitTrue(() => Volatile.Read(ref _ledger.Publisher(life).Committed) > marks[i], $"publisher {life} to go on");
        }
    }

    private void TakeStock()
    {
        TortureAudit audit = new(_ledger, _lives, _killedLives, _forgetful, _generation);
        audit.Run();
        SubscriberNotes notes = _ledger.Subscriber;
        TopicSnapshot snapshot = _topic.Inspect();
        Require(snapshot.CorruptAt is null, $"corrupt at {snapshot.CorruptAt}");
        // A subscriber that is killed while it passes a claim by may have counted it, and its successor counts it again.
        long slotLosses = SlotLosses();
        Require(slotLosses <= _figures.Publishers + _figures.SubscriberKills, $"the kills of {_figures.Publishers} publishers lost {slotLosses} claims");
        Require(notes.Losses <= slotLosses && slotLosses <= notes.Losses + _figures.SubscriberKills,
            $"{notes.Losses} losses were told, and the slot has {slotLosses}");
        _figures = _figures with
        {
            Messages = notes.Messages,
            Bytes = notes.Bytes,
            Batches = notes.Batches,
            Unnoted = audit.InTheMiddle.Unnoted,
            Arrived = audit.InTheMiddle.Arrived,
            Recoveries = Enumerable.Range(0, _lives).Count(life => _ledger.Publisher(life).Committed > 0) + notes.Working - _options.Publishers - 1,
            Losses = notes.Losses,
            SlotLosses = slotLosses,
            Redeliveries = notes.Redeliveries,
            InHand = audit.InHand,
        };
    }

    /// <summary>Those of the subscriber's slot, whose figures outlive its owners: read while somebody holds it.</summary>
    private long SlotLosses()
    {
        using Subscriber holder = _topic.CreateSubscriber();
        return _topic.Inspect().Endpoints.Single(static endpoint => endpoint.Role == EndpointRole.Subscriber).Losses;
    }

    private void AwaitTrue(Func<bool> condition, string what)
    {
        for (Stopwatch clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(1))
        {
            Require(clock.Elapsed < Patience, $"waiting in vain for {what}: {Describe()}");
            _interrupted.ThrowIfCancellationRequested();
            _subscriber!.RequireAlive();
            Array.ForEach(_publishers, static each => each.Process?.RequireAlive());
        }
    }

    private string Describe()
    {
        TopicSnapshot snapshot = _topic.Inspect();
        SubscriberNotes notes = _ledger.Subscriber;
        return $"{snapshot} {string.Join("; ", snapshot.Endpoints)}; {notes.Messages} messages were read, the last at {notes.Position}";
    }

    /// <summary>Few that spin, which would take the processors from the others.</summary>
    private WaitStrategy AnyWait() => _random.Next(8) switch { 0 => WaitStrategy.Spin, < 4 => WaitStrategy.Park, _ => WaitStrategy.Adaptive };

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new SoakException(otherwise);
        }
    }

    /// <summary>One of the processes of publishers, and its successors.</summary>
    private sealed class PublisherProcess
    {
        internal SoakPeer? Process { get; set; }

        internal int FirstLife { get; set; }

        internal int Lives { get; set; }

        internal TimeSpan StopEnds { get; set; } = TimeSpan.MaxValue;

        /// <summary>While it is stopped in the middle of a claim, and not to be killed: how far the topic was then.</summary>
        internal long? StoppedAt { get; set; }

        internal void Continue()
        {
            Process!.Continue();
            StopEnds = TimeSpan.MaxValue;
            StoppedAt = null;
        }
    }
}
