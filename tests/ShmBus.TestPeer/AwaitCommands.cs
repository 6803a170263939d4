namespace ShmBus.TestPeer;

/// <summary>Awaiting, in a process of its own.</summary>
internal static class AwaitCommands
{
    /// <summary>PATH: awaits one message; says the id of the thread that sleeps for it first, and what it got in the end.</summary>
    internal static async Task<int> AwaitMessage(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber();
        ValueTask<MessageCopy> read = subscriber.ReadAsync();
        Console.WriteLine(AwaitThreads.Id());
        using MessageCopy message = await read;
        subscriber.Complete();
        Console.WriteLine($"got {message.Payload.Length}");
        return 0;
    }

    /// <summary>PATH LENGTH: publishes messages of a length without end; awaits room.</summary>
    internal static async Task<int> PublishWithoutEnd(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Publisher publisher = topic.CreatePublisher();
        byte[] payload = new byte[StreamCommands.Parse(arguments[1])];
        while (true)
        {
            await publisher.PublishAsync(payload);
        }
    }

    /// <summary>PATH-IN PATH-OUT INLINE COUNT: sends each message back.</summary>
    internal static async Task<int> Echo(string[] arguments)
    {
        TopicOptions options = new() { AllowSynchronousContinuations = bool.Parse(arguments[2]) };
        using Topic requests = Topic.Open(arguments[0], options);
        using Topic replies = Topic.Open(arguments[1], options);
        using Subscriber subscriber = requests.CreateSubscriber();
        using Publisher publisher = replies.CreatePublisher();
        Console.WriteLine("ready");
        ulong count = StreamCommands.Parse(arguments[3]);
        await foreach (MessageCopy message in subscriber.ReadAllAsync())
        {
            await publisher.PublishAsync(message.Payload, message.Type);
            if (--count == 0)
            {
                break;
            }
        }
        subscriber.Complete();
        Console.WriteLine("done");
        return 0;
    }

    /// <summary>
    /// DIRECTORY COUNT: makes so many topics, t0 and on, and awaits a message on each. Says what that took: threads, bytes of managed
    /// memory, and switches of the waiter threads in five seconds. After each message it says where it came, and how many waiter
    /// threads were woken and reads ended since.
    /// </summary>
    internal static int AwaitMany(string[] arguments)
    {
        int count = (int)StreamCommands.Parse(arguments[1]);
        AwaitOne(arguments[0], "warm-up"); // Whatever one takes is there.
        while (AwaitThreads.Ids().Count > 0)
        {
            Thread.Sleep(10);
        }
        int threads = AwaitThreads.CountAll();
        long bytes = GC.GetTotalMemory(forceFullCollection: true);
        Subscriber[] subscribers = [.. Enumerable.Range(0, count).Select(i => Subscribe(arguments[0], $"t{i}"))];
        int ended = 0;
        for (int i = 0; i < count; i++)
        {
            _ = AwaitAndSay(i);
        }
        Console.WriteLine(AwaitThreads.CountAll() - threads);
        Console.WriteLine(GC.GetTotalMemory(forceFullCollection: true) - bytes);
        Thread.Sleep(500); // They look around for a moment before they sleep.
        Dictionary<string, long> before = AwaitThreads.Ids().ToDictionary(static id => id, AwaitThreads.Switches);
        Thread.Sleep(5000);
        Console.WriteLine(before.Sum(static thread => AwaitThreads.Switches(thread.Key) - thread.Value));
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine($"{before.Count(static thread => AwaitThreads.Switches(thread.Key) > thread.Value)} woken, {ended} ended");
        }
        foreach (Subscriber subscriber in subscribers)
        {
            subscriber.Dispose();
        }
        while (AwaitThreads.Ids().Count > 0)
        {
            Thread.Sleep(10);
        }
        Console.WriteLine("no thread left");
        return 0;

        async Task AwaitAndSay(int i)
        {
            try
            {
                using MessageCopy message = await subscribers[i].ReadAsync();
                ended++;
                Console.WriteLine($"t{i}");
            }
            catch (ObjectDisposedException)
            {
                // The end.
            }
        }
    }

    /// <summary>PATH: awaits where the kernel refuses to sleep on many words; says what is reported, and how many threads there are.</summary>
    internal static async Task<int> AwaitRefused(string[] arguments)
    {
        SystemCallFilter.RefuseFutexWaitv();
        using Topic topic = Topic.Open(arguments[0]);
        Subscriber[] subscribers = [topic.CreateSubscriber(), .. Enumerable.Range(0, 200).Select(static _ => Anonymous())];
        ValueTask<MessageCopy>[] reads = [.. subscribers.Select(static subscriber => subscriber.ReadAsync())];
        foreach (Regions.RefusedOption refused in subscribers[0].Refused)
        {
            Console.WriteLine($"{refused.Option}: {refused.Reason}");
        }
        Console.WriteLine($"{AwaitThreads.Ids().Count} threads");
        int length = (await reads[0]).Payload.Length;
        Console.WriteLine($"got {length}");
        using CancellationTokenSource source = new();
        ValueTask<MessageCopy> second = subscribers[0].ReadAsync(source.Token);
        await source.CancelAsync();
        try
        {
            await second;
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("cancelled");
        }
        return 0;
    }

    private static Subscriber Anonymous()
    {
        using Topic topic = Topic.CreateAnonymous();
        return topic.CreateSubscriber();
    }

    private static Subscriber Subscribe(string directory, string name)
    {
        using Topic topic = Topic.OpenOrCreate(Path.Combine(directory, name));
        return topic.CreateSubscriber();
    }

    private static void AwaitOne(string directory, string name)
    {
        using Topic topic = Topic.OpenOrCreate(Path.Combine(directory, name));
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Task<MessageCopy> read = subscriber.ReadAsync().AsTask();
        publisher.Publish([1]);
        read.Result.Dispose();
    }
}
