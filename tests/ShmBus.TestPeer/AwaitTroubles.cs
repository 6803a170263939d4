namespace ShmBus.TestPeer;

/// <summary>Awaiting in a process that is refused something.</summary>
internal static class AwaitTroubles
{
    /// <summary>PATH: as "await", where the kernel refuses the barriers between processes.</summary>
    internal static Task<int> WithoutBarriers(string[] arguments)
    {
        SystemCallFilter.RefuseBarriers();
        return AwaitCommands.AwaitMessage(arguments);
    }

    /// <summary>
    /// PATH: awaits a message; while that sleeps, futex_waitv is refused from now on. Says what came, what is reported, and what comes
    /// after that, one message for each line of input.
    /// </summary>
    internal static async Task<int> RefusedLater(string[] arguments)
    {
        using Topic topic = Topic.Open(arguments[0]);
        using Subscriber subscriber = topic.CreateSubscriber();
        ValueTask<MessageCopy> first = subscriber.ReadAsync();
        Console.WriteLine(AwaitThreads.Id());
        Console.ReadLine();
        SystemCallFilter.RefuseFutexWaitv(everywhere: true);
        Console.WriteLine($"refused {subscriber.Refused.Count}");
        using (MessageCopy message = await first)
        {
            Console.WriteLine($"got {message.Payload.Length}");
        }
        while (subscriber.Refused.Count == 0)
        {
            await Task.Delay(1);
        }
        Console.WriteLine(subscriber.Refused.Single().Reason);
        while (Console.ReadLine() is not null)
        {
            ValueTask<MessageCopy> read = subscriber.ReadAsync();
            Console.WriteLine("awaiting");
            using MessageCopy message = await read;
            Console.WriteLine($"got {message.Payload.Length}");
        }
        return 0;
    }

    /// <summary>
    /// DIRECTORY: a caller with a context of its own is the first of this process to use the library. Says whether others meet its
    /// context: an awaiter that runs where it is, one who is told of a lost name, and one who watches peers.
    /// </summary>
    internal static async Task<int> StrangersContext(string[] arguments)
    {
        AsyncLocal<string?> local = new() { Value = "a stranger's" };
        string path = Path.Combine(arguments[0], "topic");
        using Topic topic = Topic.OpenOrCreate(path, new TopicOptions { AllowSynchronousContinuations = true });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        ValueTask<bool> read = subscriber.WaitToReadAsync();
        local.Value = null;

        TaskCompletionSource<string?> awaiter = new();
        read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => awaiter.SetResult(local.Value));
        publisher.Publish([1]);
        Console.WriteLine($"awaiter: {await awaiter.Task}");

        TaskCompletionSource<string?> watcher = new();
        using PeerMonitor monitor = topic.WatchPeers((_, change) =>
        {
            if (change.Change == PeerChange.Left)
            {
                watcher.SetResult(local.Value);
            }
        });
        TaskCompletionSource<string?> loser = new();
        subscriber.NameLost += (_, _) => loser.SetResult(local.Value);
        publisher.Dispose();
        Console.WriteLine($"watcher: {await watcher.Task}");
        File.Delete(path);
        Console.WriteLine($"loser: {await loser.Task}");
        return 0;
    }
}
