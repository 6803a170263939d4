using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// Messages between threads, every byte of which is checked: singly, in place, shortened, given up and in batches, of all lengths, by
/// one publisher or several. Linked into the tests as well.
/// </summary>
internal sealed class ThreadTraffic
{
    private const int Rest = 20;

    private readonly Topic _topic;
    private readonly WaitStrategy _wait;
    private readonly int _messages;
    private readonly NumberedMessages[] _expected;
    private readonly long[] _next;

    private ThreadTraffic(Topic topic, WaitStrategy wait, int messages)
    {
        _topic = topic;
        _wait = wait;
        _messages = messages;
        _expected = [.. Enumerable.Range(0, topic.Publishers).Select(index => Messages(topic, index))];
        _next = new long[topic.Publishers];
    }

    /// <summary>How many messages went on behind the end of the ring.</summary>
    internal int Crossings { get; private set; }

    /// <summary>Sends so many messages from each of the topic's publishers to its subscriber.</summary>
    /// <exception cref="InvalidDataException">A message arrived that was not expected.</exception>
    internal static ThreadTraffic Run(Topic topic, WaitStrategy wait, int messages)
    {
        ThreadTraffic traffic = new(topic, wait, messages);
        using Subscriber subscriber = topic.CreateSubscriber(wait);
        Task[] publishers = [.. Enumerable.Range(0, topic.Publishers).Select(index => Start(() => traffic.Publish(index)))];
        try
        {
            traffic.Read(subscriber);
        }
        catch
        {
            // Whoever waits for room waits for this one.
            topic.Dispose();
            throw;
        }
        Task.WaitAll(publishers);
        return traffic;
    }

    private static Task Start(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // A quarter of the ring at most, less what a batch of some and a claim that is shortened take up.
    private static NumberedMessages Messages(Topic topic, int index) => new((ulong)index + 1, topic.MaxMessageLength / 3 - Rest);

    private void Publish(int index)
    {
        using Publisher publisher = _topic.CreatePublisher(_wait);
        NumberedMessages messages = Messages(_topic, index);
        MessageBatch batch = new();
        for (long number = 0; number < _messages;)
        {
            switch (number % 5)
            {
                case 0:
                    PublishInPlace(publisher, messages[number++], (uint)index);
                    break;
                case 1:
                    batch.Clear();
                    for (int i = 0; i < 3 && number < _messages; i++, number++)
                    {
                        batch.Add(messages[number], (uint)index);
                    }
                    publisher.Publish(batch);
                    break;
                default:
                    publisher.Publish(messages[number++], (uint)index);
                    break;
            }
        }
    }

    private static void PublishInPlace(Publisher publisher, ReadOnlySpan<byte> message, uint type)
    {
        using (Claim aborted = Claim(publisher, message.Length, type))
        {
            aborted.Payload.Fill(0xEE);
        }
        Claim claim = Claim(publisher, message.Length + Rest, type);
        message.CopyTo(claim.Payload);
        claim.Commit(message.Length);
    }

    private static Claim Claim(Publisher publisher, int length, uint type)
    {
        Claim claim;
        while (!publisher.TryClaim(length, type, out claim))
        {
            publisher.WaitToPublish(length, Timeout.InfiniteTimeSpan);
        }
        return claim;
    }

    private void Read(Subscriber subscriber)
    {
        long all = (long)_messages * _topic.Publishers;
        for (long count = 0; count < all;)
        {
            // One by one and in runs, in turns.
            if (count % 3 == 0)
            {
                Check(subscriber.Read());
                count++;
            }
            else if (subscriber.WaitToRead(Timeout.InfiniteTimeSpan))
            {
                count += subscriber.Poll(Check, limit: 10);
            }
        }
        if (subscriber.TryRead(out _) || subscriber.Losses != 0)
        {
            throw new InvalidDataException("More arrived than was sent, or something was lost.");
        }
    }

    private void Check(Message message)
    {
        _expected[message.Type].Verify(_next[message.Type]++, message.Payload);
        Crossings += message.Position % _topic.Capacity + message.Payload.Length > _topic.Capacity ? 1 : 0;
    }
}
