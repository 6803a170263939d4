using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>One life of a publisher: publishes by each way there is, as chance has it, and notes what it sets out to do and what is done.</summary>
internal sealed class TorturePublisher
{
    private const int LongestBatch = 20;

    private readonly Ledger _ledger;
    private readonly int _life;
    private readonly Random _random;
    private readonly Publisher _publisher;
    private readonly MessageBatch _batch = new();
    private readonly byte[] _noise;
    private readonly int _stepsBetweenRests;
    private readonly CancellationToken _ended;

    private TorturePublisher(Topic topic, Ledger ledger, int life, WaitStrategy wait, int restlessness, int seed, CancellationToken ended)
    {
        _ledger = ledger;
        _life = life;
        _random = new Random(seed);
        _ended = ended;
        _noise = new byte[topic.MaxMessageLength * 2];
        _random.NextBytes(_noise);
        _stepsBetweenRests = 1 << _random.Next(restlessness);
        _publisher = topic.CreatePublisher(wait);
    }

    /// <summary>
    /// Publishes until it is told to end. The more restless the publishers are, the more the ring is full, and the less the subscriber
    /// sleeps.
    /// </summary>
    internal static void Run(Topic topic, Ledger ledger, int life, WaitStrategy wait, int restlessness, int seed, CancellationToken ended)
    {
        TorturePublisher torture = new(topic, ledger, life, wait, restlessness, seed, ended);
        try
        {
            while (true)
            {
                torture.Step();
                ended.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // What the wait was for was not published.
            ref PublisherNotes notes = ref ledger.Publisher(life);
            Volatile.Write(ref notes.Intended, notes.Committed);
        }
        finally
        {
            torture._publisher.Dispose();
        }
    }

    private void Step()
    {
        ref PublisherNotes notes = ref _ledger.Publisher(_life);
        long number = notes.Committed;
        bool isHeld = Volatile.Read(ref notes.Hold) != 0;
        int way = isHeld ? 2 : _random.Next(8);
        int count = way < 2 ? FillBatch(number) : 1;
        // Pairs with what the subscriber checks: nothing arrives that was not intended.
        Volatile.Write(ref notes.Intended, number + count);
        switch (way)
        {
            case 0:
                _publisher.Publish(_batch, _ended);
                break;
            case 1:
                Retry(_batch.Length, () => _publisher.TryPublish(_batch));
                break;
            case 2:
                Claim(number, Length(), shorterBy: 0);
                break;
            case 3:
                int length = Length();
                Claim(number, length, shorterBy: _random.Next(length - TortureMessage.HeaderSize + 1));
                break;
            case 4:
                GiveUp();
                _publisher.Publish(Message(number), (uint)_life, _ended);
                break;
            case 5:
                byte[] message = Message(number).ToArray();
                Retry(message.Length, () => _publisher.TryPublish(message, (uint)_life));
                break;
            default:
                _publisher.Publish(Message(number), (uint)_life, _ended);
                break;
        }
        Volatile.Write(ref notes.Committed, number + count);
        if (_random.Next(_stepsBetweenRests) == 0)
        {
            Thread.Sleep(_random.Next(3));
        }
    }

    private int FillBatch(long first)
    {
        _batch.Clear();
        int count = _random.Next(1, LongestBatch + 1);
        // Each with its header and padding: all of them fit.
        int longest = _publisher.MaxMessageLength / count - 16;
        for (int i = 0; i < count; i++)
        {
            Span<byte> message = Noise(_random.Next(TortureMessage.HeaderSize, Math.Min(longest, 300)));
            TortureMessage.Seal(message, first + i, _life, i, count);
            _batch.Add(message, (uint)_life);
        }
        return count;
    }

    private void Claim(long number, int length, int shorterBy)
    {
        Claim claim = Claim(length);
        ref PublisherNotes notes = ref _ledger.Publisher(_life);
        while (Volatile.Read(ref notes.Hold) != 0)
        {
            Volatile.Write(ref notes.IsHeld, 1);
            Thread.Yield();
        }
        Volatile.Write(ref notes.IsHeld, 0);
        Noise(length).CopyTo(claim.Payload);
        TortureMessage.Seal(claim.Payload[..(length - shorterBy)], number, _life);
        claim.Commit(length - shorterBy);
    }

    private void GiveUp()
    {
        using Claim claim = Claim(Length());
        TortureMessage.Seal(claim.Payload, TortureMessage.Aborted, _life);
    }

    private Claim Claim(int length)
    {
        Claim claim;
        while (!_publisher.TryClaim(length, (uint)_life, out claim))
        {
            _publisher.WaitToPublish(length, Timeout.InfiniteTimeSpan, _ended);
        }
        return claim;
    }

    private void Retry(int length, Func<bool> attempt)
    {
        while (!attempt())
        {
            _publisher.WaitToPublish(length, Timeout.InfiniteTimeSpan, _ended);
        }
    }

    private Span<byte> Message(long number)
    {
        Span<byte> message = Noise(Length());
        TortureMessage.Seal(message, number, _life);
        return message;
    }

    private Span<byte> Noise(int length) => _noise.AsSpan(_random.Next(_noise.Length - length + 1), length);

    /// <summary>Most messages are short; some are as long as can be.</summary>
    private int Length() => _random.Next(TortureMessage.HeaderSize, _random.Next(8) == 0 ? _publisher.MaxMessageLength + 1 : 300);
}
