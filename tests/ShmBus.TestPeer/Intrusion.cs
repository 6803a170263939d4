using ShmBus.Rings;

namespace ShmBus.TestPeer;

/// <summary>Two threads use one endpoint at once, which is wrong. They are told, now and then, and the process lives.</summary>
internal static class Intrusion
{
    private const int Calls = 20_000;

    internal static int Run(string kind, int rounds)
    {
        int told = 0;
        for (int round = 0; round < rounds || told == 0; round++)
        {
            using Topic topic = Topic.CreateAnonymous();
            using Publisher publisher = topic.CreatePublisher();
            using Subscriber subscriber = topic.CreateSubscriber();
            Action wrong = kind switch
            {
                "publish" => () => publisher.TryPublish(new byte[100]),
                "claim" => () => Claim(publisher),
                "read" => () => subscriber.TryRead(out _),
                "poll" => () => subscriber.Poll(_ => { }, limit: 10),
                _ => throw new ArgumentException($"There is no kind '{kind}'."),
            };
            // The other side is used as it should be, and keeps the ring from being empty or full.
            Action right = kind is "publish" or "claim" ? () => subscriber.TryRead(out _) : () => publisher.TryPublish(new byte[10]);
            Thread[] threads = [.. new[] { wrong, wrong, right }.Select(action => new Thread(() => Repeat(action, ref told)))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
        }
        Console.WriteLine("told");
        return 0;
    }

    private static void Claim(Publisher publisher)
    {
        if (publisher.TryClaim(50, out Claim claim))
        {
            claim.Payload.Fill(1);
            claim.Commit();
        }
    }

    private static void Repeat(Action action, ref int told)
    {
        for (int i = 0; i < Calls; i++)
        {
            try
            {
                action();
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref told);
            }
            catch (RingCorruptException)
            {
                // What two at once write need not make sense.
                return;
            }
        }
    }
}
