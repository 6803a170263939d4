using System.Runtime.CompilerServices;
using ShmBus.TestPeer;
using ShmBus.Tests.Support;
using ShmBus.Waiting;

namespace ShmBus.Tests.InProcess;

/// <summary>What is special to topics in a managed array: they end where no mirror begins, and need no system.</summary>
internal sealed class InProcessTests
{
    [Test]
    public void Works_where_there_is_no_C_library()
    {
        using PeerProcess peer = PeerProcess.Start("work-in-process");
        Assert.That(peer.ReadLine(), Is.EqualTo("worked; libc was asked for 1 time(s)"));
        Assert.That(peer.ReadLine(), Does.Contain("Topic.CreateInProcess"));
        Assert.That(peer.ExitCode(), Is.Zero);
    }

    [Test]
    public void Endpoint_that_was_awaited_and_is_forgotten_goes_with_its_topic()
    {
        WeakReference subscriber = AwaitAndForget();
        Until.True(() =>
        {
            GC.Collect();
            return !subscriber.IsAlive;
        });
    }

    [Test]
    public void What_crosses_the_end_arrives_whole([Values] WaitStrategy wait, [Values(1, 3)] int publishers, [Values] bool lanes)
    {
        using Topic topic = Topic.CreateInProcess(new TopicOptions { Capacity = Environment.SystemPageSize, Publishers = publishers, Lanes = lanes });
        ThreadTraffic traffic = ThreadTraffic.Run(topic, wait, messages: 30_000);
        Assert.That(traffic.Crossings, Is.GreaterThan(100), "enough messages crossed the end");
    }

    [Test]
    public void Batches_that_cross_the_end_arrive_whole_at_every_offset_also_when_a_successor_goes_on_in_them([Values] Acknowledge acknowledge)
    {
        using Topic topic = Topic.CreateInProcess(new TopicOptions { Capacity = Environment.SystemPageSize });
        using Publisher publisher = topic.CreatePublisher();
        Subscriber subscriber = topic.CreateSubscriber(acknowledge: acknowledge);
        MessageBatch batch = new();
        Random random = new(1);
        for (int round = 0; round < 2000; round++)
        {
            batch.Clear();
            int count = random.Next(1, 9);
            byte[][] payloads = new byte[count][];
            for (int i = 0; i < count; i++)
            {
                payloads[i] = new byte[random.Next(0, topic.MaxMessageLength / 8 - 8)];
                random.NextBytes(payloads[i]);
                batch.Add(payloads[i], (uint)i);
            }
            publisher.Publish(batch);
            int leaveAfter = random.Next(count);
            for (int i = 0; i < count; i++)
            {
                Assert.That(subscriber.TryRead(out Message message), Is.True);
                Assert.That(message.Type, Is.EqualTo((uint)i));
                if (!message.Payload.SequenceEqual(payloads[i]))
                {
                    Assert.Fail($"Message {i} of batch {round} at position {message.Position} was garbled.");
                }
                if (i == leaveAfter)
                {
                    if (acknowledge == Acknowledge.Explicitly)
                    {
                        subscriber.Acknowledge(subscriber.GetReceipt());
                    }
                    subscriber.Complete();
                    subscriber.Dispose();
                    subscriber = topic.CreateSubscriber(acknowledge: acknowledge);
                }
            }
        }
        subscriber.Dispose();
    }

    // Not inlined: nothing of it stays on the stack of the caller.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference AwaitAndForget()
    {
        Topic topic = Topic.CreateInProcess();
        Publisher publisher = topic.CreatePublisher();
        Subscriber subscriber = topic.CreateSubscriber();
        Task<MessageCopy> read = subscriber.ReadAsync().AsTask();
        Assert.That(read.IsCompleted, Is.False);
        publisher.Publish([1]);
        read.Wait();
        return new WeakReference(subscriber);
    }
}
