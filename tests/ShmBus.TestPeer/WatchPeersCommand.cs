namespace ShmBus.TestPeer;

/// <summary>watch-peers PATH: says why it polls, or that it does not, then who comes and goes, until its input ends.</summary>
internal static class WatchPeersCommand
{
    internal static int Run(string path)
    {
        using Topic topic = Topic.Open(path);
        using ManualResetEventSlim isTold = new();
        using PeerMonitor monitor = topic.WatchPeers((_, change) =>
        {
            isTold.Wait();
            Console.WriteLine($"{change.Change} {change.Peer.Role} {change.Peer.Slot} {change.Peer.ProcessId}");
        });
        Console.WriteLine(monitor.Refused?.Reason ?? "told");
        isTold.Set();
        while (Console.ReadLine() is not null)
        {
        }
        return 0;
    }
}
