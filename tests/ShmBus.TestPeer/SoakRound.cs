using System.Diagnostics;
using System.Globalization;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// One subscriber and, one after the other, some publishers on a topic of a random size, waiting as chance has it. Both sides are
/// stopped and continued at random; most publishers are killed at work, the others come to their end. Every message must arrive
/// once, in order and intact; a kill may lose the one claim that was open, and whatever was published is read in the end.
/// </summary>
internal sealed class SoakRound : IDisposable
{
    // No limit of speed: nothing at all moves for so long only if something hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Random _random;
    private readonly Topic _topic;
    private readonly WaitStrategy _publisherWait;
    private readonly SoakPeer _subscriber;
    private readonly CancellationToken _interrupted;
    private readonly int _seed;
    private SoakFigures _figures;

    internal SoakRound(string path, CancellationToken interrupted)
    {
        _seed = Random.Shared.Next();
        _random = new Random(_seed);
        _interrupted = interrupted;
        _topic = Topic.OpenOrCreate(path, new TopicOptions { Capacity = Environment.SystemPageSize << _random.Next(9) });
        _publisherWait = AnyWait();
        WaitStrategy subscriberWait = AnyWait();
        Description = string.Create(CultureInfo.InvariantCulture, $"seed {_seed}, ring of {_topic.Capacity:n0} bytes, {_publisherWait} to {subscriberWait}");
        _subscriber = SoakPeer.Start("follow", path, subscriberWait, _seed);
    }

    internal string Description { get; }

    internal SoakFigures Run()
    {
        Expect(_subscriber, "ready");
        for (int lives = _random.Next(3, 9); lives > 0; lives--)
        {
            Live(isKilled: lives > 1 && _random.Next(4) > 0);
        }
        return _figures;
    }

    public void Dispose()
    {
        _subscriber.Dispose();
        File.Delete(_topic.Path!);
        _topic.Dispose();
    }

    /// <summary>One publisher, from its start to its end.</summary>
    private void Live(bool isKilled)
    {
        long first = _figures.Messages;
        long count = isKilled ? long.MaxValue / 2 : _random.Next(1, (int.MaxValue / _topic.MaxMessageLength) + 2);
        using SoakPeer publisher = SoakPeer.Start("send", _topic.Path!, _publisherWait, _seed, first, count);
        Expect(publisher, "ready");
        if (isKilled)
        {
            Disturb(publisher, TimeSpan.FromMilliseconds(_random.Next(1, 2000)));
            AwaitFlow(publisher);
            if (_random.Next(3) == 0)
            {
                publisher.Stop(); // and killed where it stands
                _figures = _figures with { Stops = _figures.Stops + 1 };
            }
            publisher.Kill();
            _figures = _figures with { Kills = _figures.Kills + 1 };
        }
        else
        {
            Disturb(publisher, TimeSpan.FromMilliseconds(_random.Next(1, 500)));
            Expect(publisher, "sent");
            publisher.AwaitEnd(Patience, _interrupted);
        }
        TakeStock();
        Require(isKilled || _figures.Messages == first + count, $"of {count} messages from {first} on, {_figures.Messages - first} arrived");
        Require(_figures.Losses <= _figures.Kills, $"{_figures.Kills} kills lost {_figures.Losses} claims");
    }

    /// <summary>Stops and continues either side at random.</summary>
    private void Disturb(SoakPeer publisher, TimeSpan duration)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration && !publisher.HasExited)
        {
            SoakPeer victim = _random.Next(2) == 0 ? publisher : _subscriber;
            victim.Stop();
            Thread.Sleep(_random.Next(3));
            victim.Continue();
            _figures = _figures with { Stops = _figures.Stops + 1 };
            Thread.Sleep(_random.Next(20));
            _interrupted.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Waits until the publisher has gone on, and the subscriber has passed what there was before: neither sleeps for good.</summary>
    private void AwaitFlow(SoakPeer publisher)
    {
        long mark = _topic.Inspect().PublishedBytes;
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            TopicSnapshot now = _topic.Inspect();
            if (now.PublishedBytes > mark && now.PublishedBytes - now.PendingBytes >= mark)
            {
                return;
            }
            publisher.RequireAlive();
            _subscriber.RequireAlive();
            Require(clock.Elapsed < Patience, $"it hangs at {mark}: {now}");
            _interrupted.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }

    /// <summary>Has the subscriber read what is there to the last, and say what it had.</summary>
    private void TakeStock()
    {
        _subscriber.WriteLine("stock");
        string[] stock = _subscriber.ReadLine(Patience, _interrupted).Split(' ');
        long[] numbers = [.. stock.Select(static number => long.Parse(number, CultureInfo.InvariantCulture))];
        _figures = _figures with { Messages = numbers[0], Bytes = numbers[1], Losses = numbers[2] };
    }

    private void Expect(SoakPeer peer, string line)
    {
        string found = peer.ReadLine(Patience, _interrupted);
        Require(found == line, $"a peer said '{found}', not '{line}'");
    }

    private WaitStrategy AnyWait() => Enum.GetValues<WaitStrategy>()[_random.Next(3)];

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new SoakException(otherwise);
        }
    }
}
