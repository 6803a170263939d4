using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// A subscriber of a broadcast without a place, which comes and goes: on each visit it must see a run without gaps. Of each
/// publisher that begins at the latest with the first message that was not yet begun when it had joined; from there on nothing is
/// missing, and nothing comes twice.
/// </summary>
internal sealed class TortureVisitor
{
    private const int LongestVisit = 3000;

    private readonly Ledger _published;
    private readonly Dictionary<int, long> _next = [];
    private readonly long[] _begun = new long[Ledger.Lives];
    private long _position;

    private TortureVisitor(Ledger published)
    {
        _published = published;
        for (int life = 0; life < Ledger.Lives; life++)
        {
            _begun[life] = Volatile.Read(ref published.Publisher(life).Intended);
        }
    }

    /// <summary>Visits until it is told to end. By then nobody publishes, and it has read everything.</summary>
    internal static void Run(Topic topic, Ledger published, Ledger own, WaitStrategy wait, int seed, CancellationToken ended)
    {
        Random random = new(seed);
        while (!ended.IsCancellationRequested)
        {
            using Subscriber subscriber = topic.CreateSubscriber(wait, (Acknowledge)random.Next(2), (JoinAt)random.Next(2));
            TortureVisitor visitor = new(published);
            try
            {
                for (int left = random.Next(LongestVisit); left > 0; left--)
                {
                    visitor.Check(subscriber.Read(ended));
                    own.Subscriber.Messages++;
                }
            }
            catch (OperationCanceledException)
            {
                visitor.RequireAll();
            }
            own.Subscriber.Working++;
        }
    }

    private void Check(in Message message)
    {
        TortureMessage header = TortureMessage.Open(message.Payload);
        Require(header.Number != TortureMessage.Aborted, "an aborted claim arrived", header);
        Require((uint)header.Life < Ledger.Lives && message.Type == (uint)header.Life, $"its type is {message.Type}", header);
        Require(header.Number < Volatile.Read(ref _published.Publisher(header.Life).Intended), "nobody set out to publish it", header);
        Require(message.Position > _position, $"it stands at {message.Position}, and {_position} was passed", header);
        if (_next.TryGetValue(header.Life, out long expected))
        {
            Require(header.Number == expected, $"a visitor expected {expected}", header);
        }
        else
        {
            Require(header.Number <= _begun[header.Life], $"a visitor joined when {_begun[header.Life]} was not begun", header);
        }
        _next[header.Life] = header.Number + 1;
        _position = message.Position;
    }

    private void RequireAll()
    {
        for (int life = 0; life < Ledger.Lives; life++)
        {
            long committed = Volatile.Read(ref _published.Publisher(life).Committed);
            long next = _next.GetValueOrDefault(life, _begun[life]);
            if (next < committed)
            {
                throw new SoakException($"publisher {life} has committed {committed} messages; a visitor stayed to the end, and {next} did not come");
            }
        }
    }

    private static void Require(bool condition, string otherwise, in TortureMessage message)
    {
        if (!condition)
        {
            throw new SoakException($"{message}: {otherwise}");
        }
    }
}
