using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>Clients that wait in every way there is, each on a topic of its own, and say when all of them know that the server is gone.</summary>
internal static class HandoverWaits
{
    internal static int Run(string address, string topic)
    {
        List<Task> waits = [];
        using CountdownEvent waiting = new(2 * 2 * Enum.GetValues<WaitStrategy>().Length);
        foreach (WaitStrategy strategy in Enum.GetValues<WaitStrategy>())
        {
            foreach (bool awaits in (bool[])[false, true])
            {
                waits.Add(Start(() => Subscribe(address, topic, strategy, awaits, waiting)));
                waits.Add(Start(() => Publish(address, topic, strategy, awaits, waiting)));
            }
        }
        waiting.Wait();
        Console.WriteLine("waiting");
        Task.WaitAll(waits);
        Console.WriteLine($"{waits.Count} lost");
        return 0;
    }

    private static Task Start(Action wait) => Task.Factory.StartNew(wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Subscribe(string address, string topic, WaitStrategy strategy, bool awaits, CountdownEvent waiting)
    {
        using RegionClient client = RegionClient.Connect(address);
        using Subscriber subscriber = client.CreateSubscriber(topic, strategy);
        ExpectLost(waiting, () => _ = awaits ? subscriber.WaitToReadAsync().AsTask().GetAwaiter().GetResult() : subscriber.WaitToRead(Timeout.InfiniteTimeSpan));
    }

    private static void Publish(string address, string topic, WaitStrategy strategy, bool awaits, CountdownEvent waiting)
    {
        using RegionClient client = RegionClient.Connect(address);
        using Publisher publisher = client.CreatePublisher(topic, strategy);
        byte[] message = new byte[publisher.MaxMessageLength];
        while (publisher.TryPublish(message))
        {
        }
        ExpectLost(waiting, () =>
        {
            if (awaits)
            {
                publisher.WaitToPublishAsync(message.Length).AsTask().GetAwaiter().GetResult();
            }
            else
            {
                publisher.WaitToPublish(message.Length, Timeout.InfiniteTimeSpan);
            }
        });
    }

    private static void ExpectLost(CountdownEvent waiting, Action wait)
    {
        waiting.Signal();
        try
        {
            wait();
            throw new InvalidOperationException("A wait for nothing ended.");
        }
        catch (PeerLostException)
        {
            // As it should.
        }
    }
}
