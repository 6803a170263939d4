using ShmBus.Waiting;

namespace ShmBus.Tests.Waiting;

/// <summary>What is waited in: they sleep and wake in different ways.</summary>
public enum Memory
{
    Shared,
    Eventfds,
    InProcess,
}

/// <summary>What every wait strategy does.</summary>
[TestFixture(WaitStrategy.Spin, Memory.Shared)]
[TestFixture(WaitStrategy.Adaptive, Memory.Shared)]
[TestFixture(WaitStrategy.Park, Memory.Shared)]
[TestFixture(WaitStrategy.Spin, Memory.Eventfds)]
[TestFixture(WaitStrategy.Adaptive, Memory.Eventfds)]
[TestFixture(WaitStrategy.Park, Memory.Eventfds)]
[TestFixture(WaitStrategy.Spin, Memory.InProcess)]
[TestFixture(WaitStrategy.Adaptive, Memory.InProcess)]
[TestFixture(WaitStrategy.Park, Memory.InProcess)]
internal sealed class WaitContract(WaitStrategy strategy, Memory memory)
{
    private const int Capacity = 4096;

    private Topic _topic = null!;
    private Publisher _publisher = null!;
    private Subscriber _subscriber = null!;

    [SetUp]
    public void Open()
    {
        _topic = CreateTopic();
        _publisher = _topic.CreatePublisher(strategy);
        _subscriber = _topic.CreateSubscriber(strategy);
    }

    [TearDown]
    public void Close()
    {
        _publisher.Dispose();
        _subscriber.Dispose();
        _topic.Dispose();
    }

    [Test]
    public void Reader_waits_until_a_message_comes()
    {
        Task<byte> reader = Start(() => _subscriber.Read().Payload[0]);
        Thread.Sleep(20);
        Assert.That(reader.IsCompleted, Is.False);
        _publisher.Publish([5]);
        Assert.That(reader.Result, Is.EqualTo(5));
    }

    [Test]
    public void Writer_waits_until_there_is_room()
    {
        byte[] payload = new byte[Capacity / 4];
        while (_publisher.TryPublish(payload))
        {
        }
        Task<bool> writer = Start(() =>
        {
            _publisher.Publish(payload);
            return true;
        });
        Thread.Sleep(20);
        Assert.That(writer.IsCompleted, Is.False);
        while (!writer.IsCompleted)
        {
            _subscriber.TryRead(out _);
        }
        Assert.That(writer.Result, Is.True);
    }

    [Test]
    public void Claims_given_up_while_a_reader_waits_give_their_room_back()
    {
        Task<byte> reader = Start(() => _subscriber.Read().Payload[0]);
        for (int i = 0; i < 20; i++)
        {
            Assert.That(_publisher.WaitToPublish(Capacity / 4, Timeout.InfiniteTimeSpan), Is.True);
            Assert.That(_publisher.TryClaim(Capacity / 4, out Claim claim), Is.True);
            claim.Dispose();
        }
        _publisher.Publish([5]);
        Assert.That(reader.Result, Is.EqualTo(5));
    }

    [Test]
    public void Wait_for_a_message_ends_with_its_time() =>
        Assert.That(_subscriber.WaitToRead(TimeSpan.FromMilliseconds(5)), Is.False);

    [Test]
    public void Wait_for_room_ends_with_its_time()
    {
        while (_publisher.TryPublish(new byte[Capacity / 4]))
        {
        }
        Assert.That(_publisher.WaitToPublish(Capacity / 4, TimeSpan.FromMilliseconds(5)), Is.False);
    }

    [Test]
    public void Wait_for_a_message_can_be_cancelled()
    {
        using CancellationTokenSource source = new();
        Task<bool> reader = Start(() => _subscriber.WaitToRead(Timeout.InfiniteTimeSpan, source.Token));
        Thread.Sleep(20);
        source.Cancel();
        Assert.That(() => reader.GetAwaiter().GetResult(), Throws.InstanceOf<OperationCanceledException>());
        _publisher.Publish([1]);
        Assert.That(_subscriber.Read().Payload[0], Is.EqualTo(1), "the subscriber is as good as before");
        Assert.That(() => _subscriber.Read(source.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Wait_for_room_can_be_cancelled()
    {
        while (_publisher.TryPublish(new byte[Capacity / 4]))
        {
        }
        using CancellationTokenSource source = new();
        Task<bool> writer = Start(() =>
        {
            _publisher.Publish(new byte[Capacity / 4], source.Token);
            return true;
        });
        Thread.Sleep(20);
        source.Cancel();
        Assert.That(() => writer.GetAwaiter().GetResult(), Throws.InstanceOf<OperationCanceledException>());
        while (_subscriber.TryRead(out _))
        {
        }
        Assert.That(_publisher.TryPublish([1]), Is.True);
    }

    [Test]
    public void Wait_ends_when_the_endpoint_is_disposed()
    {
        while (_publisher.TryPublish(new byte[Capacity / 4]))
        {
        }
        Task<bool> writer = Start(() => _publisher.WaitToPublish(Capacity / 4, Timeout.InfiniteTimeSpan));
        Thread.Sleep(20);
        _publisher.Dispose();
        Assert.That(() => writer.GetAwaiter().GetResult(), Throws.InstanceOf<ObjectDisposedException>());

        while (_subscriber.TryRead(out _))
        {
        }
        Task<bool> reader = Start(() => _subscriber.WaitToRead(Timeout.InfiniteTimeSpan));
        Thread.Sleep(20);
        _subscriber.Dispose();
        Assert.That(() => reader.GetAwaiter().GetResult(), Throws.InstanceOf<ObjectDisposedException>());

        // The slots are free again.
        _topic.CreatePublisher().Dispose();
        _topic.CreateSubscriber().Dispose();
    }

    [Test]
    public void No_wake_is_lost_between_two_threads()
    {
        const int count = 20_000;
        using Topic replies = CreateTopic();
        using Publisher replier = replies.CreatePublisher(strategy);
        using Subscriber asker = replies.CreateSubscriber(strategy);
        Task<bool> echo = Start(() =>
        {
            for (int i = 0; i < count; i++)
            {
                replier.Publish(_subscriber.Read().Payload);
            }
            return true;
        });
        for (int i = 0; i < count; i++)
        {
            _publisher.Publish(BitConverter.GetBytes(i));
            // Now and then long enough for the other side to be on its way to sleep, in one of many stages.
            Thread.SpinWait(Random.Shared.Next(0, 2_000));
            Assert.That(BitConverter.ToInt32(asker.Read().Payload), Is.EqualTo(i));
        }
        Assert.That(echo.Result, Is.True);
    }

    private Topic CreateTopic()
    {
        TopicOptions options = new() { Capacity = Capacity, Eventfds = memory == Memory.Eventfds };
        return memory == Memory.InProcess ? Topic.CreateInProcess(options) : Topic.CreateAnonymous(options);
    }

    /// <summary>On a thread of its own: the pool's may be few.</summary>
    private static Task<T> Start<T>(Func<T> function) => Task.Factory.StartNew(
        function, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
