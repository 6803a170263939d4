using BenchmarkDotNet.Attributes;

namespace ShmBus.Benchmarks;

/// <summary>
/// One message from a publisher to a subscriber of the same thread: what the calls cost and allocate by themselves, without
/// the way between two processors. For that see ShmBus.Perf.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class AllocationBenchmarks
{
    private const int Batch = 100;

    private Topic _topic = null!;
    private Publisher _publisher = null!;
    private Subscriber _subscriber = null!;
    private byte[] _payload = null!;
    private Total _total;

    [Params(0, 64, 1024)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _topic = Topic.CreateAnonymous(new TopicOptions { Capacity = 1 << 20 });
        _publisher = _topic.CreatePublisher();
        _subscriber = _topic.CreateSubscriber();
        _payload = new byte[Size];
    }

    [GlobalCleanup]
    public void Close()
    {
        _publisher.Dispose();
        _subscriber.Dispose();
        _topic.Dispose();
    }

    [Benchmark(Description = "Publish, TryRead")]
    public int PublishAndTryRead()
    {
        _publisher.Publish(_payload);
        return Take();
    }

    [Benchmark(Description = "TryClaim, Commit, TryRead")]
    public int ClaimAndTryRead()
    {
        if (!_publisher.TryClaim(Size, out Claim claim))
        {
            throw new InvalidOperationException("There is no room.");
        }
        _payload.CopyTo(claim.Payload);
        claim.Commit();
        return Take();
    }

    [Benchmark(Description = "Publish, Read")]
    public int PublishAndRead()
    {
        _publisher.Publish(_payload);
        return _subscriber.Read().Payload.Length;
    }

    [Benchmark(Description = "Publish, Poll, by the hundred", OperationsPerInvoke = Batch)]
    public long PublishAndPoll()
    {
        for (int i = 0; i < Batch; i++)
        {
            _publisher.Publish(_payload);
        }
        int polled = 0;
        while (polled < Batch)
        {
            int now = _subscriber.Poll(ref _total, limit: Batch);
            polled += now > 0 ? now : throw new InvalidOperationException("Messages are missing.");
        }
        return _total.Bytes;
    }

    private int Take() => _subscriber.TryRead(out Message message)
        ? message.Payload.Length
        : throw new InvalidOperationException("The message is missing.");

    private struct Total : IMessageHandler
    {
        internal long Bytes { get; private set; }

        public void OnMessage(in Message message) => Bytes += message.Payload.Length;
    }
}
