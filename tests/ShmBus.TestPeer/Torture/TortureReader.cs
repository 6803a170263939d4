using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>One of a round's processes of subscribers, and its successors.</summary>
/// <param name="path">Where its ledger goes: what its subscribers note.</param>
/// <param name="kind">What they are.</param>
internal sealed class TortureReader(string path, ReaderKind kind) : IDisposable
{
    // What is to be killed with a message in hand is waited for so long.
    private static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(200);

    private SoakPeer? _process;
    private Acknowledge _acknowledge;
    private bool _isStopped;

    internal ReaderKind Kind => kind;

    /// <summary>The name of its place; null in a queue, and for who has none.</summary>
    internal string? Place => kind is ReaderKind.AtLeastOnce or ReaderKind.AtMostOnce ? kind.ToString() : null;

    internal Ledger Ledger { get; } = new(path);

    /// <summary>How many there were, the present one among them.</summary>
    internal int Generation { get; private set; }

    internal int Kills { get; private set; }

    /// <summary>The generations that were killed and acknowledged before handling: each may have lost the message that it had in hand.</summary>
    internal HashSet<int> Forgetful { get; } = [];

    /// <summary>When it is to go on, if it is stopped.</summary>
    internal TimeSpan StopEnds { get; private set; } = TimeSpan.MaxValue;

    internal void Start(Topic topic, string published, WaitStrategy wait, Random random, WarmPeers peers, CancellationToken interrupted)
    {
        Generation++;
        _acknowledge = kind switch
        {
            ReaderKind.AtLeastOnce => Acknowledge.AfterHandling,
            ReaderKind.AtMostOnce => Acknowledge.BeforeHandling,
            _ => random.Next(2) == 0 ? Acknowledge.AfterHandling : Acknowledge.BeforeHandling,
        };
        string words = kind == ReaderKind.Visitor
            ? TorturePeer.ToVisit(topic, published, random.Next(), wait, path)
            : TorturePeer.ToSubscribe(topic, published, random.Next(), wait, Generation, _acknowledge, path, Place);
        _process = peers.Take(words, interrupted);
    }

    internal void Kill(Random random)
    {
        if (!_isStopped && kind != ReaderKind.Visitor && random.Next(2) == 0)
        {
            // With a message in hand, if one comes.
            Volatile.Write(ref Ledger.Subscriber.Hold, random.Next(1, 3));
            SpinWait.SpinUntil(() => Volatile.Read(ref Ledger.Subscriber.IsHeld) != 0, LongestHold);
        }
        _process!.Kill();
        Ledger.Subscriber.Hold = Ledger.Subscriber.IsHeld = 0;
        _process.Dispose();
        _isStopped = false;
        StopEnds = TimeSpan.MaxValue;
        Kills++;
        if (_acknowledge == Acknowledge.BeforeHandling)
        {
            Forgetful.Add(Generation);
        }
    }

    internal void Stop(TimeSpan until)
    {
        _process!.Stop();
        _isStopped = true;
        StopEnds = until;
    }

    internal void Continue()
    {
        _process!.Continue();
        _isStopped = false;
        StopEnds = TimeSpan.MaxValue;
    }

    internal void RequireAlive() => _process!.RequireAlive();

    /// <summary>Lets it come to its own, good end.</summary>
    internal void End(TimeSpan patience, CancellationToken interrupted)
    {
        _process!.WriteLine("end");
        _process.AwaitEnd(patience, interrupted);
    }

    public void Dispose()
    {
        _process?.Dispose();
        Ledger.Dispose();
        File.Delete(path);
    }
}

/// <summary>What a round's subscribers are.</summary>
internal enum ReaderKind
{
    /// <summary>The one of a queue: now this way of acknowledging, now that.</summary>
    Queue,

    /// <summary>In a broadcast, at a place, acknowledging after handling.</summary>
    AtLeastOnce,

    /// <summary>In a broadcast, at a place, acknowledging before handling.</summary>
    AtMostOnce,

    /// <summary>In a broadcast, without a place: it comes and goes.</summary>
    Visitor,
}
