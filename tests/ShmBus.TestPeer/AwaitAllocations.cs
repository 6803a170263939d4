namespace ShmBus.TestPeer;

/// <summary>What each way of awaiting allocates for a message, when it is over at once and when it really sleeps.</summary>
internal static class AwaitAllocations
{
    private const int Count = 500;
    private const int Windows = 40;

    /// <summary>With its header an eighth of the ring: each one that is read gives room back.</summary>
    private static readonly byte[] Payload = new byte[4096 / 8 - 16];
    private static readonly CancellationTokenSource Source = new();
    private static bool s_hasEventfds;

    /// <summary>EVENTFDS: says for each way how many bytes all threads allocated in the best of some rounds of 500 messages, and how many of these slept.</summary>
    internal static int Run(string[] arguments)
    {
        s_hasEventfds = bool.Parse(arguments[0]);
        foreach (bool sleeps in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (bool isInline in (ReadOnlySpan<bool>)[false, true])
            {
                Measure("ReadAsync", sleeps, isInline, Read);
                Measure("WaitToReadAsync", sleeps, isInline, WaitToRead);
                Measure("ReadAllAsync", sleeps, isInline, ReadAll);
                Measure("PublishAsync", sleeps, isInline, Publish);
                Measure("PublishAsync(batch)", sleeps, isInline, PublishBatch);
                Measure("WaitToPublishAsync", sleeps, isInline, WaitToPublish);
            }
        }
        return 0;
    }

    private static void Measure(string name, bool sleeps, bool isInline, Func<Ends, Task> user)
    {
        using Topic topic = Topic.CreateAnonymous(new TopicOptions { Capacity = 4096, AllowSynchronousContinuations = isInline, Eventfds = s_hasEventfds });
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        Ends ends = new(publisher, subscriber, sleeps, name.Contains("Read", StringComparison.Ordinal));
        Thread other = new(ends.Serve) { IsBackground = true };
        other.Start();
        Task task = Task.Run(() => user(ends)); // What is over at once never comes back.
        long least = long.MaxValue;
        for (int i = 0; i < Windows && least > 0; i++)
        {
            int slept = ends.Slept;
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            for (int done = ends.Done; ends.Done - done < Count && !task.IsCompleted;)
            {
                Thread.Sleep(1);
            }
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - bytes);
            if (task.IsFaulted)
            {
                task.GetAwaiter().GetResult();
            }
            if (sleeps && ends.Slept - slept < Count / 2)
            {
                throw new InvalidOperationException($"{name} slept {ends.Slept - slept} times in {Count} messages.");
            }
        }
        ends.End(other);
        task.GetAwaiter().GetResult();
        Console.WriteLine($"{name}, {(sleeps ? "asleep" : "at once")}, {(isInline ? "inline" : "on the pool")}: {least} bytes");
    }

    private static async Task Read(Ends ends)
    {
        while (ends.Next())
        {
            using MessageCopy message = await ends.Note(ends.Subscriber.ReadAsync(Source.Token));
        }
    }

    private static async Task WaitToRead(Ends ends)
    {
        while (ends.Next())
        {
            await ends.Note(ends.Subscriber.WaitToReadAsync(Source.Token));
            if (!ends.Subscriber.TryRead(out _))
            {
                throw new InvalidOperationException("There is no message.");
            }
        }
    }

    private static async Task ReadAll(Ends ends)
    {
        if (!ends.Next())
        {
            return;
        }
        ends.IsLookedAtFromOutside = true;
        await foreach (MessageCopy message in ends.Subscriber.ReadAllAsync(Source.Token))
        {
            if (!ends.Next())
            {
                break;
            }
        }
    }

    private static async Task Publish(Ends ends)
    {
        while (ends.Next())
        {
            await ends.Note(ends.Publisher.PublishAsync(Payload, 5, Source.Token));
        }
    }

    private static async Task PublishBatch(Ends ends)
    {
        MessageBatch batch = new();
        batch.Add(Payload.AsSpan(8));
        while (ends.Next())
        {
            await ends.Note(ends.Publisher.PublishAsync(batch, Source.Token));
        }
    }

    private static async Task WaitToPublish(Ends ends)
    {
        while (ends.Next())
        {
            await ends.Note(ends.Publisher.WaitToPublishAsync(Payload.Length, Source.Token));
            if (!ends.Publisher.TryPublish(Payload))
            {
                throw new InvalidOperationException("There is no room.");
            }
        }
    }

    /// <summary>The end that awaits, and the other one, which serves it: at once, or when it sleeps.</summary>
    private sealed class Ends(Publisher publisher, Subscriber subscriber, bool sleeps, bool reads)
    {
        private volatile int _done;
        private volatile int _slept;
        private volatile bool _isOver;

        internal Publisher Publisher => publisher;

        internal Subscriber Subscriber => subscriber;

        internal int Done => _done;

        internal int Slept => _slept;

        /// <summary>The operation is out of sight: that it sleeps is taken for granted when nothing happens for a while.</summary>
        internal bool IsLookedAtFromOutside { get; set; }

        /// <summary>Begins the next message. When it is to be over at once, what it needs is made here.</summary>
        internal bool Next()
        {
            _done++;
            if (!sleeps)
            {
                Help();
            }
            return !_isOver;
        }

        internal ValueTask<T> Note<T>(ValueTask<T> task)
        {
            _slept += task.IsCompleted ? 0 : 1;
            return task;
        }

        internal ValueTask Note(ValueTask task)
        {
            _slept += task.IsCompleted ? 0 : 1;
            return task;
        }

        /// <summary>Serves the other end when it sleeps; until it is over.</summary>
        internal void Serve()
        {
            for (int seen = -1; sleeps && !_isOver;)
            {
                // A message ahead is enough: not to be in time only means that the next one is over at once.
                if (seen != _done)
                {
                    seen = _done;
                    Thread.SpinWait(3000);
                    _slept += IsLookedAtFromOutside ? 1 : 0;
                    Help();
                }
            }
        }

        internal void End(Thread other)
        {
            _isOver = true;
            other.Join();
            if (sleeps)
            {
                Help();
            }
        }

        private void Help()
        {
            if (reads)
            {
                Publisher.TryPublish(Payload);
            }
            else if (Subscriber.TryRead(out _))
            {
                Subscriber.Complete();
            }
        }
    }
}
