using ShmBus.Waiting;

namespace ShmBus.TestPeer.Torture;

/// <summary>
/// The subscriber, or its successor: reads by each way there is, as chance has it, and checks each message against the ledger.
/// </summary>
/// <remarks>
/// After one that acknowledges after handling, a successor may get one message again: the one that was got last, and only as its first.
/// What is missing is noted as a gap: <see cref="TortureAudit"/> asks whether kills explain it.
/// </remarks>
internal sealed class TortureSubscriber
{
    private readonly Ledger _published;
    private readonly Ledger _own;
    private readonly int _generation;
    private readonly Acknowledge _acknowledge;
    private readonly Random _random;
    private int _messagesBeforeStay;
    private TortureMessage _last;
    private bool _hasLast;

    private TortureSubscriber(Ledger published, Ledger own, int generation, Acknowledge acknowledge, int seed)
    {
        _published = published;
        _own = own;
        _generation = generation;
        _acknowledge = acknowledge;
        _random = new Random(seed);
        _messagesBeforeStay = _random.Next(30);
    }

    /// <summary>Reads until it is told to end.</summary>
    internal static void Run(
        Topic topic, Ledger published, Ledger own, int generation, WaitStrategy wait, Acknowledge acknowledge, string? place, int seed, CancellationToken ended)
    {
        using Subscriber subscriber = topic.CreateSubscriber(wait, acknowledge, place: place);
        TortureSubscriber torture = new(published, own, generation, acknowledge, seed);
        subscriber.Lost += (_, loss) => own.Subscriber.Losses += loss.Cause == LossCause.PublisherDied ? 1 : throw new SoakException($"told of a loss: {loss.Cause}");
        try
        {
            while (true)
            {
                torture.Step(subscriber, ended);
            }
        }
        catch (OperationCanceledException)
        {
            subscriber.Complete();
        }
    }

    private void Step(Subscriber subscriber, CancellationToken ended)
    {
        Handler handler = new(this);
        switch (_random.Next(4))
        {
            case 0:
                handler.OnMessage(subscriber.Read(ended));
                break;
            case 1:
                while (_random.Next(64) > 0 && subscriber.TryRead(out Message message))
                {
                    handler.OnMessage(message);
                }
                subscriber.WaitToRead(Timeout.InfiniteTimeSpan, ended);
                break;
            case 2:
                subscriber.Poll(ref handler, _random.Next(1, 100));
                break;
            default:
                subscriber.WaitToRead(Timeout.InfiniteTimeSpan, ended);
                subscriber.Poll(ref handler);
                break;
        }
    }

    private void Check(in Message message)
    {
        TortureMessage header = TortureMessage.Open(message.Payload);
        Require(header.Number != TortureMessage.Aborted, "an aborted claim arrived", header);
        Require((uint)header.Life < Ledger.Lives && message.Type == (uint)header.Life, $"its type is {message.Type}", header);
        ref SubscriberNotes notes = ref _own.Subscriber;
        ref PublisherNotes publisher = ref _own.Publisher(header.Life);
        Require(header.Number < Volatile.Read(ref _published.Publisher(header.Life).Intended), "nobody set out to publish it", header);
        Require(message.Position >= notes.Position, $"it stands at {message.Position}, and {notes.Position} was passed", header);
        if (message.Position == notes.Position)
        {
            // Its last reader may have died between the two notes of it.
            bool isTheOne = header.Number == publisher.Next - 1 || header.Number == publisher.Next;
            Require(notes.MayComeAgain != 0 && !_hasLast && isTheOne, $"it came twice ({publisher.Next} was expected)", header);
            notes.Redeliveries++;
        }
        else
        {
            Require(header.Number >= publisher.Next, $"out of order: {publisher.Next} was expected", header);
            if (header.Number > publisher.Next)
            {
                _own.Gap(notes.Gaps) = new Gap(header.Life, publisher.Next, header.Number, publisher.Since, _generation);
                notes.Gaps++;
            }
        }
        if (_hasLast && _last.Index + 1 < _last.Count)
        {
            Require(header.Life == _last.Life && header.Index == _last.Index + 1, $"it came in the middle of a batch, after {_last}", header);
        }
        StayIfTold(1, ref notes);
        Note(message, header, ref notes, ref publisher);
        StayIfTold(2, ref notes);
    }

    private void Note(in Message message, in TortureMessage header, ref SubscriberNotes notes, ref PublisherNotes publisher)
    {
        Volatile.Write(ref notes.MayComeAgain, _acknowledge == Acknowledge.AfterHandling ? 1 : 0);
        Volatile.Write(ref notes.Position, message.Position);
        Volatile.Write(ref publisher.Next, header.Number + 1);
        Volatile.Write(ref publisher.Since, _generation);
        notes.Messages++;
        notes.Bytes += message.Payload.Length;
        notes.Batches += header.Index + 1 == header.Count && header.Count > 1 ? 1 : 0;
        notes.Working += _hasLast ? 0 : 1;
        _last = header;
        _hasLast = true;
    }

    /// <summary>
    /// Keeps the message in hand until it is killed. Not the first that comes: where the subscriber waits, that never is one within a batch.
    /// </summary>
    private void StayIfTold(int step, ref SubscriberNotes notes)
    {
        while (Volatile.Read(ref notes.Hold) == step && --_messagesBeforeStay < 0)
        {
            Volatile.Write(ref notes.IsHeld, 1);
            Thread.Yield();
        }
    }

    private static void Require(bool condition, string otherwise, in TortureMessage message)
    {
        if (!condition)
        {
            throw new SoakException($"{message}: {otherwise}");
        }
    }

    private readonly struct Handler(TortureSubscriber subscriber) : IMessageHandler
    {
        public void OnMessage(in Message message) => subscriber.Check(message);
    }
}
