using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Rounds;

/// <summary>The peer's half of a round.</summary>
internal static class PeerRole
{
    /// <summary>Opens the channel, says so, runs the peer's end, says what it saw. Returns the exit code.</summary>
    public static async Task<int> RunAsync(PeerOrder order)
    {
        PeerReport? report = null;
        Task measuring = MeasuringThread.Run(() => report = order.Suite == SuiteName.Latency ? Echo(order) : Consume(order));
        // On a thread: the console's own asynchronous reads block.
        Task orphaned = Task.Run(Console.In.ReadToEnd);

        if (await Task.WhenAny(measuring, orphaned).ConfigureAwait(false) == orphaned)
        {
            ScratchDirectory.Remove(order.Directory);
            return 1;
        }

        bool failed = measuring.IsFaulted;
        Console.WriteLine(failed ? PeerProtocol.Failed(measuring.Exception!.GetBaseException().Message) : PeerProtocol.Done(report!));
        return failed ? 1 : 0;
    }

    private static PeerReport Echo(PeerOrder order)
    {
        using IPonger ponger = TransportCatalog.Latency.First(t => t.Name == order.Transport).OpenPonger(order.Channel);
        var course = new EchoCourse(order.Size);
        Begin(order);
        ponger.Run(course);
        return new PeerReport(course.Messages);
    }

    private static PeerReport Consume(PeerOrder order)
    {
        using IConsumer consumer = TransportCatalog.Stream.First(t => t.Name == order.Transport).OpenConsumer(order.Channel);
        var sink = new StreamSink(order.Size);
        Begin(order);
        consumer.Run(sink);
        return new PeerReport(sink.Messages, sink.Seconds, sink.Bytes);
    }

    private static void Begin(PeerOrder order)
    {
        Console.WriteLine(PeerProtocol.Ready);
        Affinity.PinThread(order.Cpu);
    }
}
