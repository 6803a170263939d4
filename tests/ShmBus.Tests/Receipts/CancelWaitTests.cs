using System.Diagnostics;
using ShmBus.Serialization;
using ShmBus.Waiting;

namespace ShmBus.Tests.Receipts;

/// <summary>A wait that another thread ends: each call ends one, and none is lost.</summary>
[TestFixture("one publisher")]
[TestFixture("lanes")]
[TestFixture("untrusted")]
[TestFixture("eventfds")]
[TestFixture("in process")]
internal sealed class CancelWaitTests(string kind)
{
    private TopicOfAKind _topic = null!;
    private Subscriber _subscriber = null!;

    [SetUp]
    public void Open()
    {
        _topic = new TopicOfAKind(kind);
        _subscriber = _topic.Subscribe();
    }

    [TearDown]
    public void Close()
    {
        _subscriber.Dispose();
        _topic.Dispose();
    }

    [Test]
    public async Task Ends_the_next_wait_where_none_is_under_way()
    {
        _subscriber.CancelPendingWait();
        _subscriber.CancelPendingWait();
        ValueTask<bool> cancelled = _subscriber.WaitToReadAsync();
        Assert.That(cancelled.IsCompletedSuccessfully && !cancelled.Result, Is.True);
        ValueTask<bool> wait = _subscriber.WaitToReadAsync();
        Assert.That(wait.IsCompleted, Is.False, "both ended the same wait");
        _topic.Publish(0, 1);
        Assert.That(await wait, Is.True);
        _subscriber.CancelPendingWait();
        Assert.That(await _subscriber.WaitToReadAsync(), Is.False, "though there is a message");
        Assert.That(await _subscriber.WaitToReadAsync(), Is.True);
        Assert.That(_subscriber.TryRead(out _), Is.True);
    }

    [Test]
    public async Task Ends_the_wait_that_is_under_way()
    {
        for (int i = 0; i < 200; i++)
        {
            ValueTask<bool> wait = _subscriber.WaitToReadAsync();
            Assert.That(wait.IsCompleted, Is.False);
            if (i % 20 == 0)
            {
                // Fast asleep, or on the way.
                Thread.Sleep(2);
            }
            _subscriber.CancelPendingWait();
            Assert.That(await wait, Is.False);
        }
        _topic.Publish(0, 1);
        Assert.That(await _subscriber.WaitToReadAsync(), Is.True);
    }

    [Test]
    public void Ends_a_wait_that_blocks([Values] WaitStrategy strategy)
    {
        _subscriber.Dispose();
        _subscriber = _topic.Subscribe(strategy);
        _subscriber.CancelPendingWait();
        Assert.That(_subscriber.WaitToRead(Timeout.InfiniteTimeSpan), Is.False);
        for (int i = 0; i < 10; i++)
        {
            Task<bool> wait = Task.Run(() => _subscriber.WaitToRead(Timeout.InfiniteTimeSpan));
            Thread.Sleep(i);
            _subscriber.CancelPendingWait();
            Assert.That(wait.Result, Is.False);
        }
        _topic.Publish(0, 1);
        Assert.That(_subscriber.WaitToRead(Timeout.InfiniteTimeSpan), Is.True);
    }

    [Test]
    public async Task Does_not_concern_calls_that_read()
    {
        ValueTask<MessageCopy> reading = _subscriber.ReadAsync();
        _subscriber.CancelPendingWait();
        _topic.Publish(1, 1);
        using (MessageCopy copy = await reading)
        {
            Assert.That(BitConverter.ToInt32(copy.Payload.Span), Is.EqualTo(1));
        }
        using Subscriber<int> typed = new(_subscriber, MessageSerializer.Unmanaged<int>());
        ValueTask<int> number = typed.ReadAsync();
        _subscriber.CancelPendingWait();
        _topic.Publish(2, 1);
        Assert.That(await number, Is.EqualTo(2));
        Assert.That(await typed.WaitToReadAsync(), Is.False, "it still waits for its wait");
        _topic.Publish(3, 1);
        Assert.That(await typed.WaitToReadAsync(), Is.True);
    }

    [Test]
    public void Does_nothing_to_one_that_was_disposed()
    {
        _subscriber.Dispose();
        _subscriber.CancelPendingWait();
        Assert.That(() => _subscriber.WaitToRead(TimeSpan.Zero), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Allocates_nothing()
    {
        Call();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Call();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Call()
        {
            for (int i = 0; i < 1000; i++)
            {
                _subscriber.CancelPendingWait();
            }
        }
    }

    /// <summary>What was done before a call is seen after the wait that it ended: a call that is lost would end this in a wait without end.</summary>
    [Test]
    public async Task None_is_lost_while_messages_come([Values] bool blocks)
    {
        const int count = 20_000;
        int said = 0;
        Task saying = Task.Run(() =>
        {
            for (int i = 1; i <= count; i++)
            {
                Volatile.Write(ref said, i);
                _subscriber.CancelPendingWait();
                Pause(i);
            }
        });
        Task publishing = Task.Run(() =>
        {
            for (int i = 0; i < count; i++)
            {
                _topic.Publisher.Publish(BitConverter.GetBytes(i));
                Pause(i);
            }
        });
        int seen = 0;
        int read = 0;
        while (seen < count || read < count)
        {
            if (blocks ? _subscriber.WaitToRead(Timeout.InfiniteTimeSpan) : await _subscriber.WaitToReadAsync())
            {
                Assert.That(_subscriber.TryRead(out Message message), Is.True);
                Assert.That(BitConverter.ToInt32(message.Payload), Is.EqualTo(read++));
                _subscriber.Acknowledge(_subscriber.GetReceipt());
            }
            else
            {
                seen = Volatile.Read(ref said);
            }
        }
        await Task.WhenAll(saying, publishing);

        static void Pause(int i)
        {
            if (i % 64 == 0)
            {
                Thread.Sleep(0);
            }
            Thread.SpinWait(i % 200);
        }
    }

    [Test]
    public void May_come_while_the_subscriber_is_disposed()
    {
        for (int i = 0; i < 100; i++)
        {
            using Subscriber subscriber = i == 0 ? _subscriber : _topic.Subscribe();
            ValueTask<bool> wait = subscriber.WaitToReadAsync();
            using System.Threading.Barrier together = new(2);
            Task cancelling = Task.Run(() =>
            {
                together.SignalAndWait();
                for (int j = 0; j < 50; j++)
                {
                    subscriber.CancelPendingWait();
                }
            });
            together.SignalAndWait();
            long from = Stopwatch.GetTimestamp();
            while (Stopwatch.GetTimestamp() - from < i * 100)
            {
            }
            subscriber.Dispose();
            cancelling.Wait();
            try
            {
                Assert.That(wait.AsTask().Result, Is.False);
            }
            catch (AggregateException exception)
            {
                Assert.That(exception.InnerException, Is.TypeOf<ObjectDisposedException>());
            }
        }
    }
}
