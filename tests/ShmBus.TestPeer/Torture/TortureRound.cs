using System.Diagnostics;
using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// Several processes of publishers and one of a subscriber on a queue, or several on a broadcast, of a random size, all of them stopped,
/// continued, killed and replaced at random. In the end some of the publishers are killed and the others come to their end, everything is read, and the ledgers
/// are audited.
/// </summary>
internal sealed class TortureRound : IDisposable
{
    private const int MostThreads = 3;

    // The one to which everything comes is first: the others are held to it.
    private static readonly ReaderKind[] BroadcastReaders = [ReaderKind.AtLeastOnce, ReaderKind.AtMostOnce, ReaderKind.Visitor, ReaderKind.Visitor];

    // What is to be killed in the middle of something is waited for so long: a publisher may wait for room.
    private static readonly TimeSpan LongestPublisherHold = TimeSpan.FromMilliseconds(10);

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
    private readonly TortureReader[] _readers;
    private readonly HashSet<int> _killedLives = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _lastProgress;
    private long _messagesSeen;
    private int _lives;
    private TortureFigures _figures;

    internal TortureRound(string path, Delivery delivery, int seed, TortureOptions options, WarmPeers peers, CancellationToken interrupted)
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
            Delivery = delivery,
            Subscribers = delivery == Delivery.Queue ? 1 : _random.Next(BroadcastReaders.Length, 65),
        });
        _restlessness = _random.Next(1, 13);
        _ledger = new Ledger(_ledgerPath);
        _publishers = [.. Enumerable.Range(0, options.Publishers).Select(static _ => new PublisherProcess())];
        ReaderKind[] kinds = delivery == Delivery.Queue ? [ReaderKind.Queue] : BroadcastReaders;
        _readers = [.. kinds.Select((kind, i) => new TortureReader($"{_ledgerPath}{i}", kind))];
        Description = string.Create(CultureInfo.InvariantCulture,
            $"{delivery}, seed {seed}, ring of {_topic.Capacity:n0} bytes for {_topic.Publishers} publishers, restlessness {_restlessness}");
    }

    internal string Description { get; }

    internal TortureFigures Run()
    {
        foreach (TortureReader reader in Places.Where(static each => each.Place is not null))
        {
            // The place is there before the first message.
            _topic.CreateSubscriber(place: reader.Place).Dispose();
        }
        Array.ForEach(_readers, Start);
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
        Array.ForEach(_readers, static each => each.Dispose());
        Array.ForEach(_publishers, static each => each.Process?.Dispose());
        _ledger.Dispose();
        File.Delete(_ledgerPath);
        File.Delete(_topic.Path!);
        _topic.Dispose();
    }

    /// <summary>Those to which everything comes: all but visitors.</summary>
    private IEnumerable<TortureReader> Places => _readers.Where(static each => each.Kind != ReaderKind.Visitor);

    private bool IsOver() => _lives + MostThreads > Ledger.Lives ||
        (_clock.Elapsed >= _options.Round && !Array.Exists(_publishers, static each => each.StoppedAt is not null) &&
            _figures.PublisherKills >= _options.LeastPublisherKills && _figures.SubscriberKills >= _options.LeastSubscriberKills);

    private void Disturb()
    {
        PublisherProcess publisher = _publishers[_random.Next(_publishers.Length)];
        TortureReader reader = _readers[_random.Next(_readers.Length)];
        switch (_random.Next(20))
        {
            case < 8 when publisher.StoppedAt is null:
                KillPublishers(publisher);
                StartPublishers(publisher);
                break;
            case 8:
            case 11 or 12 or 13 when _readers.Length > 1:
                reader.Kill(_random);
                Start(reader);
                _figures = _figures with { SubscriberKills = _figures.SubscriberKills + 1 };
                break;
            case > 14 and < 19 when publisher.StoppedAt is null:
                // Until it goes on, or is killed where it stands.
                publisher.Process!.Stop();
                publisher.StopEnds = _clock.Elapsed + TimeSpan.FromMilliseconds(_random.Next(40));
                _figures = _figures with { Stops = _figures.Stops + 1 };
                break;
            case 9 or 10:
                reader.Stop(_clock.Elapsed + TimeSpan.FromMilliseconds(_random.Next(40)));
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
        foreach (TortureReader reader in _readers)
        {
            reader.RequireAlive();
            if (_clock.Elapsed > reader.StopEnds)
            {
                reader.Continue();
            }
        }
        long messages = Places.Sum(static each => each.Ledger.Subscriber.Messages);
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
            foreach (TortureReader reader in Places)
            {
                reader.Ledger.Publisher(_lives).Since = reader.Generation;
            }
            _lives++;
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

    private void Start(TortureReader reader) => reader.Start(_topic, _ledgerPath, AnyWait(), _random, _peers, _interrupted);

    /// <summary>Has everybody show that he goes on, some publishers killed and the others end, everything read, and looks at what it comes to.</summary>
    private void Finish()
    {
        Array.ForEach(_publishers, static each => each.Continue());
        Array.ForEach(_readers, static each => each.Continue());
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
        AwaitTrue(IsAllRead, "everything to be read");
        Array.ForEach(_readers, each => each.End(Patience, _interrupted));
        TakeStock();
    }

    /// <summary>Whether everything was read, by whoever is there and at each place. Nobody reads for a visitor that was killed.</summary>
    private bool IsAllRead()
    {
        TopicSnapshot snapshot = _topic.Inspect();
        return _topic.Delivery == Delivery.Queue
            ? snapshot.PendingBytes == 0
            : snapshot.Endpoints.All(static endpoint => endpoint.Role == EndpointRole.Publisher || endpoint.PendingBytes == 0 ||
                (!endpoint.IsAlive && endpoint.PlaceName is null));
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
        TopicSnapshot snapshot = _topic.Inspect();
        Require(snapshot.CorruptAt is null, $"corrupt at {snapshot.CorruptAt}");
        long[]? ends = null;
        foreach (TortureReader reader in Places)
        {
            TortureAudit audit = new(_ledger, reader, _lives, _killedLives, ends);
            audit.Run();
            bool isFirst = ends is null;
            ends ??= audit.Ends;
            SubscriberNotes notes = reader.Ledger.Subscriber;
            // A subscriber that is killed while it passes a claim by may have counted it, and its successor counts it again.
            long slotLosses = SlotLosses(reader);
            Require(slotLosses <= _figures.Publishers + reader.Kills, $"the kills of {_figures.Publishers} publishers lost {slotLosses} claims");
            Require(notes.Losses <= slotLosses && slotLosses <= notes.Losses + reader.Kills,
                $"{notes.Losses} losses were told, and the slot has {slotLosses}");
            _figures = _figures with
            {
                Messages = _figures.Messages + notes.Messages,
                Bytes = _figures.Bytes + notes.Bytes,
                Batches = _figures.Batches + notes.Batches,
                Unnoted = isFirst ? audit.InTheMiddle.Unnoted : _figures.Unnoted,
                Arrived = isFirst ? audit.InTheMiddle.Arrived : _figures.Arrived,
                Recoveries = _figures.Recoveries + notes.Working - 1,
                Losses = _figures.Losses + notes.Losses,
                SlotLosses = _figures.SlotLosses + slotLosses,
                Redeliveries = _figures.Redeliveries + notes.Redeliveries,
                InHand = _figures.InHand + audit.InHand,
            };
        }
        TortureReader[] visitors = [.. _readers.Except(Places)];
        _figures = _figures with
        {
            Recoveries = _figures.Recoveries + Enumerable.Range(0, _lives).Count(life => _ledger.Publisher(life).Committed > 0) - _options.Publishers,
            Visits = visitors.Sum(static each => (long)each.Ledger.Subscriber.Working),
            Visited = visitors.Sum(static each => each.Ledger.Subscriber.Messages),
        };
    }

    /// <summary>Those of the subscriber's slot, whose figures outlive its owners: read while somebody holds it.</summary>
    private long SlotLosses(TortureReader reader)
    {
        using Subscriber holder = _topic.CreateSubscriber(place: reader.Place);
        return _topic.Inspect().Endpoints.Single(endpoint =>
            endpoint.Role == EndpointRole.Subscriber && endpoint.PlaceName == reader.Place).Losses;
    }

    private void AwaitTrue(Func<bool> condition, string what)
    {
        for (Stopwatch clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(1))
        {
            Require(clock.Elapsed < Patience, $"waiting in vain for {what}: {Describe()}");
            _interrupted.ThrowIfCancellationRequested();
            Array.ForEach(_readers, static each => each.RequireAlive());
            Array.ForEach(_publishers, static each => each.Process?.RequireAlive());
        }
    }

    private string Describe()
    {
        TopicSnapshot snapshot = _topic.Inspect();
        IEnumerable<string> readers = Places.Select(static each =>
            $"{each.Kind}: {each.Ledger.Subscriber.Messages} messages were read, the last at {each.Ledger.Subscriber.Position}");
        return $"{snapshot} {string.Join("; ", snapshot.Endpoints)}; {string.Join("; ", readers)}";
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
