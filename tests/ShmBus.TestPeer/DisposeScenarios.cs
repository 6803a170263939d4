using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>What the thread inside does, by name. Each message is one byte over and over, so that a torn one is seen.</summary>
internal static class DisposeScenarios
{
    private const int Length = 3000;

    private static readonly byte[] Payload = [.. Enumerable.Repeat((byte)1, Length)];

    internal static bool IsPublisher(string scenario) => scenario.StartsWith("publisher-", StringComparison.Ordinal);

    internal static Action<Publisher> Publishing(string scenario) => scenario switch
    {
        "publisher-try" => publisher => publisher.TryPublish(Payload),
        "publisher-blocked" => publisher => publisher.Publish(Payload),
        "publisher-waits" => WaitAndPublish,
        "publisher-claims" => publisher => Claim(publisher, commits: true),
        "publisher-aborts" => publisher => Claim(publisher, commits: false),
        "publisher-flushes" => publisher => publisher.Flush(Durability.Scheduled),
        _ => throw new ArgumentException($"There is no scenario '{scenario}'."),
    };

    internal static Action<Subscriber> Reading(string scenario) => scenario switch
    {
        "subscriber-message-in-hand" => MessageInHand,
        "subscriber-reads" => subscriber => Look(subscriber.Read()),
        "subscriber-waits" => subscriber => subscriber.WaitToRead(Timeout.InfiniteTimeSpan),
        "subscriber-polls" => subscriber => subscriber.Poll(Look, limit: 3),
        "subscriber-polls-without-limit" => subscriber => subscriber.Poll(Look),
        "subscriber-disposed-by-its-handler" => DisposeInHandler,
        "subscriber-flushes" => subscriber => subscriber.Flush(Durability.Scheduled),
        _ => throw new ArgumentException($"There is no scenario '{scenario}'."),
    };

    internal static void Look(Message message)
    {
        if (message.Payload.Length > 0 && message.Payload.ContainsAnyExcept(message.Payload[0]))
        {
            throw new InvalidDataException("A message was torn.");
        }
    }

    private static void WaitAndPublish(Publisher publisher)
    {
        publisher.WaitToPublish(Length, Timeout.InfiniteTimeSpan);
        publisher.TryPublish(Payload);
    }

    private static void Claim(Publisher publisher, bool commits)
    {
        if (publisher.TryClaim(Length, out Claim claim))
        {
            using (claim)
            {
                claim.Payload.Fill(2);
                if (commits)
                {
                    claim.Commit();
                }
            }
        }
    }

    private static void MessageInHand(Subscriber subscriber)
    {
        if (subscriber.TryRead(out Message message))
        {
            // For long enough to be disposed meanwhile; publishers may overwrite it then, but it must stay there.
            byte all = 0;
            for (int i = 0; i < 20; i++)
            {
                foreach (byte value in message.Payload)
                {
                    all |= value;
                }
            }
            GC.KeepAlive(all);
        }
    }

    private static void DisposeInHandler(Subscriber subscriber)
    {
        int handled = 0;
        subscriber.Poll(message =>
        {
            handled++;
            subscriber.Dispose();
            Look(message);
        });
        if (handled > 1)
        {
            throw new InvalidDataException("A handler that disposed its subscriber was handed another message.");
        }
    }
}
