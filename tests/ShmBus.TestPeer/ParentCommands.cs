using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ShmBus.TestPeer;

/// <summary>A parent that starts this program once more, with a region.</summary>
internal static class ParentCommands
{
    private static readonly Dictionary<string, TopicOptions> TwoWays = new() { ["there"] = new(), ["back"] = new() };

    internal static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["parent-hold", .. string[] words]: return Hold(words);
            case ["parent-count-descriptors"]: return CountDescriptors();
            case ["parent-among-strangers", string rounds]: return AmongStrangers(int.Parse(rounds, CultureInfo.InvariantCulture));
            default:
                Console.Error.WriteLine($"There is no command '{string.Join(' ', arguments)}'.");
                return 2;
        }
    }

    /// <summary>Starts a child that writes to the same output, and ends when nobody reads that any more. Does nothing more.</summary>
    private static int Hold(string[] words)
    {
        ProcessStartInfo start = Child(words);
        start.Environment["SHMBUS_TEST_HOST"] = "output";
        using ChildRegion child = ChildRegion.Start(start, TwoWays);
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    /// <summary>Says how many sockets, pipes and regions are open, and once more after children came and went in every way.</summary>
    private static int CountDescriptors()
    {
        StartEach();
        string before = Open();
        for (int i = 0; i < 3; i++)
        {
            StartEach();
        }
        // Said after both: the console opens something itself.
        Console.WriteLine($"{before}\n{Open()}");
        return 0;

        static string Open() => string.Join(", ", Links("self").Select(static link => link.Split(':', '[')).Where(static parts => parts.Length > 1)
            .GroupBy(static parts => $"{parts[0]}:{parts[1]}").OrderBy(static kind => kind.Key).Select(static kind => $"{kind.Count()} {kind.Key}"));

        static void StartEach()
        {
            Talk(static () => { });
            using (ChildRegion child = ChildRegion.Start(new ProcessStartInfo("true")))
            using (Process process = child.Process)
            {
                process.WaitForExit();
            }
            using (ChildRegion child = ChildRegion.Start(new ProcessStartInfo("sleep", ["1000"])))
            using (Process process = child.Process)
            {
                child.Dispose();
                process.Kill();
                process.WaitForExit();
            }
            Refused<Win32Exception>(static () => ChildRegion.Start(new ProcessStartInfo("/nowhere")));
            Refused<ArgumentException>(static () => ChildRegion.Start(new ProcessStartInfo("true"), new TopicOptions { Capacity = 3 }));
        }
    }

    /// <summary>
    /// Starts one child after the other while two threads start other processes, of which those live on that inherited a socket. Goes on until
    /// that was so in so many rounds. Each child is killed, and this side must learn of it; in the end nobody has the regions.
    /// </summary>
    private static int AmongStrangers(int rounds)
    {
        List<Process> heirs = [];
        HashSet<long> regions = [];
        for (int inherited = 0; inherited < rounds;)
        {
            using CancellationTokenSource end = new();
            Task<List<Process>>[] starting = [.. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() => StartStrangers(end.Token), TaskCreationOptions.LongRunning))];
            Talk(() =>
            {
                end.Cancel();
                regions.UnionWith(RegionsOf("self"));
                int before = heirs.Count;
                foreach (Process stranger in starting.SelectMany(static task => task.Result))
                {
                    if (Links($"{stranger.Id}").Any(static link => link.StartsWith("socket:", StringComparison.Ordinal)))
                    {
                        heirs.Add(stranger);
                    }
                    else
                    {
                        End(stranger);
                    }
                }
                inherited += heirs.Count > before ? 1 : 0;
            });
            if (Directory.GetDirectories("/proc").Select(Path.GetFileName).FirstOrDefault(id => char.IsAsciiDigit(id![0]) && RegionsOf(id).Overlaps(regions)) is string holder)
            {
                throw new InvalidOperationException($"Process {holder} still has a region: {File.ReadAllText($"/proc/{holder}/cmdline")}");
            }
        }
        heirs.ForEach(End);
        Console.WriteLine($"{regions.Count / TwoWays.Count >= rounds}");
        return 0;

        static void End(Process stranger)
        {
            stranger.StandardInput.Close();
            stranger.WaitForExit();
            stranger.Dispose();
        }
    }

    private static List<Process> StartStrangers(CancellationToken cancellationToken)
    {
        List<Process> started = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            // Ends with its input, and so with this process.
            started.Add(Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!);
            Thread.Sleep(1);
        }
        return started;
    }

    /// <summary>Starts a child, sends it a message and gets it back, does something meanwhile, and kills it.</summary>
    private static void Talk(Action meanwhile)
    {
        using ChildRegion child = ChildRegion.Start(Child("handover-child-echo"), TwoWays);
        using Process process = child.Process;
        using Publisher there = child.CreatePublisher("there");
        using Subscriber back = child.CreateSubscriber("back");
        there.Publish("hello"u8);
        back.Read();
        meanwhile();
        process.Kill();
        Refused<PeerLostException>(() => back.Read());
        process.WaitForExit();
    }

    private static void Refused<T>(Action action) where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            return;
        }
        throw new InvalidOperationException($"Nothing was thrown; expected {typeof(T).Name}.");
    }

    private static ProcessStartInfo Child(params string[] words)
    {
        ProcessStartInfo start = new("dotnet", [typeof(ParentCommands).Assembly.Location, .. words]);
        start.Environment["SHMBUS_TEST_HOST"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    /// <summary>The inodes of the regions that a process has open or mapped.</summary>
    private static HashSet<long> RegionsOf(string process)
    {
        HashSet<long> found = [];
        try
        {
            foreach (string line in File.ReadLines($"/proc/{process}/maps").Where(static line => line.Contains("/memfd:shmbus", StringComparison.Ordinal)))
            {
                found.Add(long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], CultureInfo.InvariantCulture));
            }
            foreach (string entry in Directory.GetFiles($"/proc/{process}/fd").Where(static entry => Link(entry).StartsWith("/memfd:shmbus", StringComparison.Ordinal)))
            {
                string inode = File.ReadLines($"/proc/{process}/fdinfo/{Path.GetFileName(entry)}").Single(static line => line.StartsWith("ino:", StringComparison.Ordinal));
                found.Add(long.Parse(inode[4..], CultureInfo.InvariantCulture));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is somebody else's, who cannot have it.
        }
        return found;
    }

    private static IEnumerable<string> Links(string process) => Directory.GetFiles($"/proc/{process}/fd").Select(Link);

    private static string Link(string entry)
    {
        try
        {
            return new FileInfo(entry).LinkTarget ?? "";
        }
        catch (IOException)
        {
            // Closed by now.
            return "";
        }
    }
}
