using ShmBus.Regions;
using ShmBus.Waiting;

namespace ShmBus.TestPeer;

/// <summary>
/// One thread is inside an endpoint, another disposes it, again and again. Memory that is taken away too early ends the process,
/// which is seen from outside; what is left behind is told here.
/// </summary>
internal static class DisposeStress
{
    private static readonly TopicOptions Options = new() { Capacity = 64 << 10 };

    internal static int Run(string scenario, int iterations, string path)
    {
        Random random = new(scenario.Length);
        using (Topic topic = path switch
        {
            "-" => Topic.CreateAnonymous(Options),
            "in-process" => Topic.CreateInProcess(Options),
            _ => Topic.OpenOrCreate(path, Options),
        })
        using (Companion companion = Companion.For(scenario, topic))
        {
            for (int i = 0; i < iterations; i++)
            {
                WaitStrategy wait = (WaitStrategy)(i % 3);
                if (DisposeScenarios.IsPublisher(scenario))
                {
                    Round(topic.CreatePublisher(wait), DisposeScenarios.Publishing(scenario), random);
                }
                else
                {
                    Round(topic.CreateSubscriber(wait, (Acknowledge)(i / 3 % 2)), DisposeScenarios.Reading(scenario), random);
                }
            }
        }
        string name = path == "-" ? "/memfd:shmbus" : path;
        int mapped = File.ReadLines("/proc/self/maps").Count(line => line.Contains(name, StringComparison.Ordinal));
        int open = Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith(name, StringComparison.Ordinal) == true);
        Console.WriteLine($"{mapped} mapped, {open} open");
        return 0;
    }

    /// <summary>Uses the endpoint on a thread of its own until it is disposed, at a random moment, by one thread or by two.</summary>
    private static void Round<T>(T endpoint, Action<T> use, Random random) where T : Endpoint
    {
        Exception? failure = null;
        using ManualResetEventSlim entered = new();
        Thread user = new(() =>
        {
            try
            {
                entered.Set();
                while (true)
                {
                    use(endpoint);
                }
            }
            catch (ObjectDisposedException)
            {
                // The end that is wanted, and the only one.
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        Thread? second = random.Next(2) == 0 ? new(endpoint.Dispose) : null;
        user.Start();
        entered.Wait();
        Thread.SpinWait(random.Next(5_000));
        second?.Start();
        endpoint.Dispose();
        second?.Join();
        user.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException("The endpoint ended in another way than by being disposed.", failure);
        }
        Refuses(endpoint);
    }

    private static void Refuses(Endpoint endpoint)
    {
        try
        {
            endpoint.Flush(Durability.Process);
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        throw new InvalidOperationException("A disposed endpoint can be used.");
    }
}
