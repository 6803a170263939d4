using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>A peer's part in a round.</summary>
internal static class PeerRole
{
    /// <summary>Opens the channel, says so, runs the peer's end, says what it saw. Returns the exit code.</summary>
    public static async Task<int> RunAsync(PeerOrder order)
    {
        PeerReport? report = null;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task measuring = MeasuringThread.Run(() => report =
            SuiteName.HasEcho(order.Suite) ? Echo(order) : order.Producer == 0 ? Consume(order) : Produce(order, go.Task));
        // On a thread: the console's own asynchronous reads block.
        Task orphaned = Task.Run(() =>
        {
            while (Console.In.ReadLine() == PeerProtocol.Go)
                go.SetResult();
        });

        bool isDone = false;
        if (await Task.WhenAny(measuring, orphaned).ConfigureAwait(false) == measuring)
        {
            isDone = measuring.IsCompletedSuccessfully;
            Console.WriteLine(isDone ? PeerProtocol.Done(report!) : PeerProtocol.Failed(measuring.Exception!.GetBaseException().Message));
        }
        // To the end of main, however it ends: if it was killed, nobody else removes what has a name.
        await orphaned.ConfigureAwait(false);
        ScratchDirectory.Remove(order.Directory);
        return isDone ? 0 : 1;
    }

    private static PeerReport Echo(PeerOrder order)
    {
        MemoryUse before = MemoryIn(order);
        using IPonger ponger = TransportCatalog.Latency.First(t => t.Name == order.Transport).OpenPonger(order.Channel);
        var course = new EchoCourse(order.Size, isStamped: order.Suite == SuiteName.Wake);
        Begin(order);
        ponger.Run(course);
        return new PeerReport(course.Messages, course.Measured, course.Usage)
        {
            OneWays = Distribution.Of(course.OneWays),
            IdleUsage = course.IdleUsage,
            MemoryBefore = before,
            MemoryAfter = MemoryIn(order),
        };
    }

    private static PeerReport Consume(PeerOrder order)
    {
        using IConsumer consumer = TransportCatalog.Stream.First(t => t.Name == order.Transport).OpenConsumer(order.Channel);
        Arrivals? arrivals = order.Shape.Rate == 0 ? null : new Arrivals(Pace.IntervalOf(order.Shape.Rate));
        var sink = new StreamSink(order.Size, order.Shape.Producers, arrivals);
        Begin(order);
        consumer.Run(sink);
        return new PeerReport(sink.Messages, sink.Measured, sink.Usage, sink.Seconds)
        {
            OneWays = arrivals is null ? null : Distribution.Of(arrivals.Latencies),
        };
    }

    private static PeerReport Produce(PeerOrder order, Task go)
    {
        using IProducer producer = TransportCatalog.Stream.OfType<IManyProducersTransport>().First(t => t.Name == order.Transport).OpenProducer(order.Channel);
        var source = new StreamSource(order.Size, order.Producer, Round.WarmUpOf(order.Duration), order.Duration);
        Begin(order);
        go.Wait();
        producer.Run(source);
        return new PeerReport(source.Messages, source.Measured, source.Usage);
    }

    private static MemoryUse MemoryIn(PeerOrder order) => order.Suite == SuiteName.Memory ? MemoryUse.Now() : default;

    private static void Begin(PeerOrder order)
    {
        Console.WriteLine(PeerProtocol.Ready);
        Affinity.PinThread(order.Cpu);
    }
}
