using System.Globalization;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>
/// ROLE: for each line <c>use PATH SEED</c>, works on that topic until the line <c>stop</c>, then says what happened. All waits are
/// ended by cancellation, as any program would. An exception that is none of the documented ones ends the process.
/// </summary>
internal static class FuzzPeer
{
    internal static int Run(string[] arguments)
    {
        Console.WriteLine("ready");
        while (Console.ReadLine()?.Split(' ') is ["use", string path, string seed])
        {
            Random random = new(int.Parse(seed, CultureInfo.InvariantCulture));
            FuzzCounts counts = new();
            using CancellationTokenSource stop = new();
            Thread thread = new(() => Work(arguments[0], path, random, counts, stop.Token));
            thread.Start();
            Console.WriteLine("at work");
            if (Console.ReadLine() != "stop")
            {
                break;
            }
            stop.Cancel();
            thread.Join();
            Console.WriteLine(counts);
            Console.WriteLine(PeakKilobytes());
        }
        return 0;
    }

    /// <summary>
    /// Whether it is one of the documented answers to a region that somebody wrote over. Of the failures of system calls, those that
    /// a missing lane or a machine in need explains.
    /// </summary>
    internal static bool IsAnswer(Exception exception) => exception is
        Rings.RingCorruptException or Rings.RecordKindException or Rings.SubscriberEvictedException or RegionException or Endpoints.EndpointInUseException or
        NotFoundErrnoException or SpaceErrnoException or LimitErrnoException;

    private static void Work(string role, string path, Random random, FuzzCounts counts, CancellationToken stop)
    {
        switch (role)
        {
            case "scribbler":
                using (FuzzScribbler scribbler = new(path, random, counts))
                {
                    scribbler.Run(stop);
                }
                break;
            case "publisher":
                new FuzzPublisher(path, random, counts, stop).Run();
                break;
            default:
                new FuzzSubscriber(path, random, counts, stop).Run();
                break;
        }
    }

    private static long PeakKilobytes() => long.Parse(
        File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
