using System.Reflection;
using System.Runtime.InteropServices;
using ShmBus.Regions;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// Work within the process when the library finds no C library, as on other systems. It asks for one once, in order to find out;
/// whatever else needed one would throw.
/// </summary>
internal static class InProcessCommand
{
    private const int Messages = 3000;

    private static int s_asked;

    /// <summary>Works, and tells how often the C library was asked for.</summary>
    internal static int Run()
    {
        NativeLibrary.SetDllImportResolver(typeof(Topic).Assembly, Refuse);
        foreach (WaitStrategy wait in Enum.GetValues<WaitStrategy>())
        {
            int page = Environment.SystemPageSize;
            Work(new TopicOptions { Capacity = page }, wait);
            Work(new TopicOptions { Capacity = page, Publishers = 3 }, wait);
            Work(new TopicOptions { Capacity = page, Publishers = 3, Lanes = true }, wait);
            Work(new TopicOptions { Capacity = page, Delivery = Delivery.Broadcast, Subscribers = 2 }, wait);
            DisposeWhileWaiting(wait);
            CancelWhileWaiting(wait);
        }
        Await(new TopicOptions()).GetAwaiter().GetResult();
        Await(new TopicOptions { Publishers = 3, Lanes = true }).GetAwaiter().GetResult();
        DisposeWithClaimOpen();
        Console.WriteLine($"worked; libc was asked for {s_asked} time(s)");
        try
        {
            _ = Topic.CreateAnonymous();
        }
        catch (PlatformNotSupportedException exception)
        {
            Console.WriteLine(exception.Message);
        }
        return 0;
    }

    private static nint Refuse(string name, Assembly assembly, DllImportSearchPath? path)
    {
        Interlocked.Increment(ref s_asked);
        throw new DllNotFoundException($"There is no '{name}' here.");
    }

    private static void Work(TopicOptions options, WaitStrategy wait)
    {
        using Topic topic = Topic.CreateInProcess(options);
        ThreadTraffic.Run(topic, wait, Messages);
        using Publisher publisher = topic.CreatePublisher(wait);
        // A subscriber of a broadcast gets what comes after it.
        using Subscriber subscriber = topic.CreateSubscriber(wait);
        publisher.Publish([1]);
        publisher.Flush(Durability.Disk);
        Expect(topic.Inspect().Endpoints.Count == 2, "two endpoints are there");
        Expect(topic.CheckName() == RegionName.Anonymous, "no name");
        Expect(publisher.Refused.Count == 0, "nothing was refused");
        Expect(subscriber.Read().Payload[0] == 1, "the message");
        Expect(!subscriber.WaitToRead(TimeSpan.FromMilliseconds(2)), "nothing more");
    }

    private static void DisposeWhileWaiting(WaitStrategy wait)
    {
        using Topic topic = Topic.CreateInProcess();
        Subscriber subscriber = topic.CreateSubscriber(wait);
        EndsWith<ObjectDisposedException>(() => subscriber.Read(), subscriber.Dispose);
        Publisher publisher = topic.CreatePublisher(wait);
        byte[] payload = new byte[topic.MaxMessageLength];
        EndsWith<ObjectDisposedException>(
            () =>
            {
                while (true)
                {
                    publisher.Publish(payload);
                }
            },
            publisher.Dispose);
    }

    private static void CancelWhileWaiting(WaitStrategy wait)
    {
        using Topic topic = Topic.CreateInProcess();
        using Subscriber subscriber = topic.CreateSubscriber(wait);
        using CancellationTokenSource source = new();
        EndsWith<OperationCanceledException>(() => subscriber.Read(source.Token), source.Cancel);
    }

    private static async Task Await(TopicOptions options)
    {
        using Topic topic = Topic.CreateInProcess(options);
        using Publisher publisher = topic.CreatePublisher();
        using Subscriber subscriber = topic.CreateSubscriber();
        ValueTask<MessageCopy> read = subscriber.ReadAsync();
        Expect(!read.IsCompleted, "no message");
        publisher.Publish([1, 2]);
        using (MessageCopy message = await read)
        {
            Expect(message.Payload.Length == 2, "the message");
        }
        byte[] payload = new byte[topic.MaxMessageLength];
        ValueTask published;
        do
        {
            published = publisher.PublishAsync(payload);
        }
        while (published.IsCompletedSuccessfully);
        while (!published.IsCompleted)
        {
            subscriber.Poll(static _ => { }, 1);
        }
        await published;
        Expect(publisher.Refused.Count == 0 && subscriber.Refused.Count == 0, "nothing was refused");
    }

    /// <summary>By its own thread the claim is given up at once; by another's it is left to the one that fills it.</summary>
    private static void DisposeWithClaimOpen()
    {
        using Topic topic = Topic.CreateInProcess();
        Publisher publisher = topic.CreatePublisher();
        Expect(publisher.TryClaim(10, out Claim own), "room");
        publisher.Dispose();
        Expect(!own.IsOpen, "given up");

        publisher = topic.CreatePublisher();
        Expect(publisher.TryClaim(10, out Claim claim), "room");
        Thread other = new(publisher.Dispose);
        other.Start();
        other.Join();
        Expect(claim.IsOpen, "still open");
        claim.Payload.Fill(7);
        claim.Commit();
        using Subscriber subscriber = topic.CreateSubscriber();
        Expect(subscriber.Read().Payload.SequenceEqual(Enumerable.Repeat((byte)7, 10).ToArray()), "the message");
        topic.CreatePublisher().Dispose();
    }

    private static void EndsWith<T>(Action wait, Action end) where T : Exception
    {
        Exception? caught = null;
        Thread waiter = new(() =>
        {
            try
            {
                wait();
            }
            catch (Exception exception)
            {
                caught = exception;
            }
        });
        waiter.Start();
        Thread.Sleep(10);
        end();
        waiter.Join();
        Expect(caught is T, $"{typeof(T).Name}, got {caught}");
    }

    private static void Expect(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidDataException($"Expected: {what}.");
        }
    }
}
