using BenchmarkDotNet.Attributes;

namespace ShmBus.Benchmarks;

/// <summary>
/// What awaiting costs and allocates by itself: when the message is there, and when the awaiter sleeps and is woken, which takes
/// the way through the kernel, the waiter thread and, unless inline, the thread pool.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class AwaitBenchmarks
{
    private readonly byte[] _payload = new byte[64];
    private readonly CancellationTokenSource _source = new();
    private Topic _topic = null!;
    private Publisher _publisher = null!;
    private Subscriber _subscriber = null!;
    private volatile int _taken;
    private Task _taker = null!;

    [Params(false, true)]
    public bool Inline { get; set; }

    [GlobalSetup(Targets = [nameof(PublishAndReadAsync), nameof(PublishAndWaitToReadAsync)])]
    public void Open()
    {
        _topic = Topic.CreateAnonymous(new TopicOptions { AllowSynchronousContinuations = Inline });
        _publisher = _topic.CreatePublisher();
        _subscriber = _topic.CreateSubscriber();
    }

    [GlobalSetup(Target = nameof(PublishToAwaiter))]
    public void OpenWithTaker()
    {
        Open();
        _taker = Take();
    }

    [GlobalCleanup]
    public void Close()
    {
        _source.Cancel();
        _taker?.Wait();
        _publisher.Dispose();
        _subscriber.Dispose();
        _topic.Dispose();
    }

    [Benchmark(Description = "PublishAsync, ReadAsync")]
    public int PublishAndReadAsync()
    {
        Publish();
        ValueTask<MessageCopy> read = _subscriber.ReadAsync(_source.Token);
        using MessageCopy message = read.IsCompleted ? read.Result : throw new InvalidOperationException("The message is missing.");
        return message.Payload.Length;
    }

    [Benchmark(Description = "PublishAsync, WaitToReadAsync, TryRead")]
    public int PublishAndWaitToReadAsync()
    {
        Publish();
        ValueTask<bool> wait = _subscriber.WaitToReadAsync(_source.Token);
        return wait.IsCompleted && _subscriber.TryRead(out Message message)
            ? message.Payload.Length
            : throw new InvalidOperationException("The message is missing.");
    }

    [Benchmark(Description = "PublishAsync to an awaiter, until it has it")]
    public int PublishToAwaiter()
    {
        int taken = _taken;
        Publish();
        while (_taken == taken)
        {
        }
        return _taken;
    }

    private void Publish()
    {
        ValueTask publish = _publisher.PublishAsync(_payload);
        if (!publish.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("There is no room.");
        }
    }

    private async Task Take()
    {
        try
        {
            while (true)
            {
                using MessageCopy message = await _subscriber.ReadAsync(_source.Token).ConfigureAwait(false);
                _taken++;
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
