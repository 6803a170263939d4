using System.Runtime.InteropServices;

namespace ShmBus.TestPeer;

/// <summary>
/// Operations that are awaited while another thread cancels, disposes, publishes and reads, in any order and at any moment. No
/// message is lost or comes out of order, and in the end nothing is left behind.
/// </summary>
internal static class AwaitStress
{
    private const int Capacity = 4096;

    private static bool s_hasEventfds;

    /// <summary>ROUNDS EVENTFDS: says what is left.</summary>
    internal static int Run(string[] arguments)
    {
        int rounds = (int)StreamCommands.Parse(arguments[0]);
        s_hasEventfds = bool.Parse(arguments[1]);
        // Whatever is made once is there.
        Play(100, 1);
        long before = Settled();
        Task reading = Play(rounds / 2, 2);
        Task inline = Play(rounds - rounds / 2, 3);
        Task.WaitAll(reading, inline);
        while (AwaitThreads.Ids().Count > 0)
        {
            Thread.Sleep(10);
        }
        TimeSpan spent = Environment.CpuUsage.TotalTime;
        Thread.Sleep(300);
        Console.WriteLine($"spins: {Environment.CpuUsage.TotalTime - spent > TimeSpan.FromMilliseconds(100)}");
        Console.WriteLine($"files: {Files()}");
        Console.WriteLine($"kilobytes: {Math.Max(0, Settled() - before) >> 10}");
        return 0;
    }

    private static Task Play(int rounds, int seed)
    {
        Task task = Task.Factory.StartNew(() =>
        {
            using Table table = new(seed);
            for (int i = 0; i < rounds; i++)
            {
                table.Round();
            }
            table.ReadRest();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (seed == 1)
        {
            task.Wait();
        }
        return task;
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>What of the topics, and of what they are awaited by, is open or mapped.</summary>
    private static int Files() =>
        EventfdCommands.Descriptors() +
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(static entry => new FileInfo(entry).LinkTarget?.StartsWith("/memfd:shmbus", StringComparison.Ordinal) == true) +
        File.ReadLines("/proc/self/maps").Count(static line => line.Contains("/memfd:shmbus", StringComparison.Ordinal));

    /// <summary>One topic, its two ends, and the thread that disturbs them.</summary>
    private sealed class Table : IDisposable
    {
        /// <summary>Never cancelled, and there to the end: what was left in it would be found.</summary>
        private static readonly CancellationTokenSource Patient = new();

        private readonly Topic _topic;
        private readonly Random _random;
        private readonly Thread _other;
        private readonly SemaphoreSlim _begin = new(0);
        private readonly SemaphoreSlim _end = new(0);
        private readonly byte[] _payload = new byte[sizeof(long)];
        private Publisher _publisher;
        private Subscriber _subscriber;
        private CancellationTokenSource _source = new();
        private Action? _disturb;
        private Exception? _failure;
        private long _published;
        private long _read;

        internal Table(int seed)
        {
            _random = new Random(seed);
            _topic = Topic.CreateAnonymous(new TopicOptions { Capacity = Capacity, AllowSynchronousContinuations = seed % 2 == 1, Eventfds = s_hasEventfds });
            _publisher = _topic.CreatePublisher();
            // At most once: what an operation took is handed to its awaiter, and to nobody else.
            _subscriber = _topic.CreateSubscriber(acknowledge: Acknowledge.BeforeHandling);
            _other = new Thread(Disturb) { IsBackground = true };
            _other.Start();
        }

        internal void Round()
        {
            if (_source.IsCancellationRequested)
            {
                _source.Dispose();
                _source = new CancellationTokenSource();
            }
            CancellationToken token = _random.Next(3) switch
            {
                0 => _source.Token,
                1 => Patient.Token,
                _ => CancellationToken.None,
            };
            if (_random.Next(2) == 0)
            {
                ReadingRound(token);
            }
            else
            {
                PublishingRound(token);
            }
            if (_failure is not null)
            {
                throw new InvalidOperationException("The thread that disturbs failed.", _failure);
            }
        }

        internal void ReadRest()
        {
            while (_subscriber.TryRead(out Message message))
            {
                Check(message.Payload);
            }
            if (_read != _published)
            {
                throw new InvalidOperationException($"{_published - _read} messages were lost.");
            }
        }

        public void Dispose()
        {
            _disturb = null;
            _begin.Release();
            _other.Join();
            _publisher.Dispose();
            _subscriber.Dispose();
            _topic.Dispose();
            _source.Dispose();
            _begin.Dispose();
            _end.Dispose();
        }

        /// <summary>Awaits a message, or that there is one, while the other thread publishes, cancels and disposes.</summary>
        private void ReadingRound(CancellationToken token)
        {
            bool onlyWaits = _random.Next(3) == 0;
            int messages = 1 + _random.Next(2);
            Start(Mix(() => Publish(messages), _source.Cancel, token == _source.Token, _subscriber.Dispose));
            bool wasDisposed = false;
            try
            {
                if (onlyWaits)
                {
                    Result(_subscriber.WaitToReadAsync(token));
                }
                else
                {
                    using MessageCopy message = Result(_subscriber.ReadAsync(token));
                    Check(message.Payload.Span);
                }
            }
            catch (OperationCanceledException exception) when (exception.CancellationToken == token)
            {
                // As it should be.
            }
            catch (ObjectDisposedException)
            {
                wasDisposed = true;
            }
            Finish();
            if (wasDisposed || IsDisposed(_subscriber))
            {
                _subscriber.Dispose();
                _subscriber = _topic.CreateSubscriber(acknowledge: Acknowledge.BeforeHandling);
            }
        }

        /// <summary>Awaits room, while the other thread reads, cancels and disposes.</summary>
        private void PublishingRound(CancellationToken token)
        {
            while (_publisher.TryPublish(Next()))
            {
                _published++;
            }
            Start(Mix(Read, _source.Cancel, token == _source.Token, _publisher.Dispose));
            bool wasDisposed = false;
            try
            {
                if (_random.Next(3) == 0)
                {
                    Result(_publisher.WaitToPublishAsync(sizeof(long), token));
                }
                else
                {
                    Result(_publisher.PublishAsync(Next(), token));
                    _published++;
                }
            }
            catch (OperationCanceledException exception) when (exception.CancellationToken == token)
            {
                // As it should be.
            }
            catch (ObjectDisposedException)
            {
                wasDisposed = true;
            }
            Finish();
            if (wasDisposed || IsDisposed(_publisher))
            {
                _publisher.Dispose();
                _publisher = _topic.CreatePublisher();
            }
        }

        /// <summary>Some of it, in any order, and enough for the operation to end.</summary>
        private Action Mix(Action serve, Action cancel, bool canCancel, Action dispose)
        {
            bool disposes = _random.Next(10) == 0;
            bool cancels = canCancel && _random.Next(2) == 0;
            bool serves = _random.Next(2) == 0 || !(disposes || cancels);
            int[] pauses = [_random.Next(1000), _random.Next(200), _random.Next(200)];
            Action[] actions = [.. new[] { serves ? serve : null, cancels ? cancel : null, disposes ? dispose : null }.OfType<Action>()];
            _random.Shuffle(actions);
            return () =>
            {
                for (int i = 0; i < actions.Length; i++)
                {
                    Thread.SpinWait(pauses[i]);
                    actions[i]();
                }
            };
        }

        private void Publish(int count)
        {
            for (; count > 0 && _publisher.TryPublish(Next()); count--)
            {
                _published++;
            }
        }

        private void Read()
        {
            // An eighth of the ring and more: some room is given back.
            for (int i = 0; i < 20 && _subscriber.TryRead(out Message message); i++)
            {
                Check(message.Payload);
            }
            _subscriber.Complete();
        }

        private byte[] Next()
        {
            MemoryMarshal.Write(_payload, _published);
            return _payload;
        }

        private void Check(ReadOnlySpan<byte> payload)
        {
            long number = MemoryMarshal.Read<long>(payload);
            if (number != _read)
            {
                throw new InvalidOperationException($"Message {number} came, and {_read} was next.");
            }
            _read++;
        }

        private void Start(Action disturb)
        {
            _disturb = disturb;
            _begin.Release();
        }

        private void Finish() => _end.Wait();

        private void Disturb()
        {
            for (_begin.Wait(); _disturb is not null; _begin.Wait())
            {
                try
                {
                    _disturb();
                }
                catch (Exception exception)
                {
                    _failure = exception;
                }
                _end.Release();
            }
        }

        private static bool IsDisposed(Endpoint endpoint)
        {
            try
            {
                endpoint.Flush(Regions.Durability.Process);
                return false;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }

        private static T Result<T>(ValueTask<T> task) => task.IsCompleted ? task.Result : task.AsTask().GetAwaiter().GetResult();

        private static void Result(ValueTask task)
        {
            if (task.IsCompleted)
            {
                task.GetAwaiter().GetResult();
            }
            else
            {
                task.AsTask().GetAwaiter().GetResult();
            }
        }
    }
}
