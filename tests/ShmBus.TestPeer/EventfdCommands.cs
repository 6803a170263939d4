namespace ShmBus.TestPeer;

/// <summary>Topics that wake through eventfds, in a process that has no others.</summary>
internal static class EventfdCommands
{
    /// <summary>
    /// COUNT: makes so many topics and awaits a message on each. Says how many threads and descriptors that takes, and how often the threads are
    /// woken in two seconds; one more topic is awaited no longer. Then publishes on one, and disposes all when it was read; says what is left when no thread is.
    /// </summary>
    internal static int AwaitMany(string[] arguments)
    {
        int count = (int)StreamCommands.Parse(arguments[0]);
        List<Publisher> publishers = [];
        List<Subscriber> subscribers = [];
        List<Task<MessageCopy>> reads = [];
        for (int i = 0; i < count; i++)
        {
            using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Environment.SystemPageSize, Eventfds = true });
            publishers.Add(topic.CreatePublisher());
            subscribers.Add(topic.CreateSubscriber());
            reads.Add(subscribers[i].ReadAsync().AsTask());
        }
        // A count that stands where nobody sleeps wakes nobody.
        using Topic quiet = Topic.CreateAnonymous(new TopicOptions { Eventfds = true });
        publishers.Add(quiet.CreatePublisher());
        subscribers.Add(quiet.CreateSubscriber());
        Task<MessageCopy> over = subscribers[^1].ReadAsync().AsTask();
        publishers[^1].Publish([1]);
        over.Wait();
        subscribers[^1].WakeSelf();
        List<string> threads = AwaitThreads.Ids();
        Console.WriteLine($"{threads.Count} threads");
        Console.WriteLine($"{Descriptors()} descriptors");
        Thread.Sleep(500); // It looks around for a moment before it sleeps.
        long before = threads.Sum(AwaitThreads.Switches);
        Thread.Sleep(2000);
        Console.WriteLine($"{threads.Sum(AwaitThreads.Switches) - before} wake-ups");
        Console.ReadLine();
        publishers[count / 2].Publish(new byte[123]);
        Task.WaitAny([.. reads]);
        foreach (Task<MessageCopy> read in reads.Where(static read => read.IsCompleted))
        {
            Console.WriteLine($"got {read.Result.Payload.Length}");
        }
        publishers.ForEach(static publisher => publisher.Dispose());
        subscribers.ForEach(static subscriber => subscriber.Dispose());
        while (AwaitThreads.Ids().Count > 0)
        {
            Thread.Sleep(10);
        }
        Console.WriteLine($"{Descriptors()} descriptors left");
        return 0;
    }

    /// <summary>How many eventfds and sets of epoll are open. The runtime has none of its own before it has a socket.</summary>
    internal static int Descriptors() => Eventfds() + Count("anon_inode:[eventpoll]");

    internal static int Eventfds() => Count("anon_inode:[eventfd]");

    private static int Count(string target) =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry => new FileInfo(entry).LinkTarget == target);
}
