using System.Globalization;
using ShmBus.Regions;

namespace ShmBus.TestPeer;

/// <summary>Making and opening regions in circumstances that belong to a whole process: umask, user, limits, death.</summary>
internal static class RegionCommands
{
    internal static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["region-create", string umask, string mode, string path]:
                return CreateUnderUmask(Convert.ToUInt32(umask, 8), (UnixFileMode)Convert.ToInt32(mode, 8), path);
            case ["region-churn", string path]:
                return Churn(path);
            case ["region-race", string directory, string threads]:
                return Race(directory, int.Parse(threads, CultureInfo.InvariantCulture));
            case ["region-full-disk", string directory]:
                return FullDisk.Run(directory);
            case ["region-dispose", string scenario, string iterations, string path]:
                return DisposeStress.Run(scenario, int.Parse(iterations, CultureInfo.InvariantCulture), path);
            case ["region-come-and-go", string iterations, string path]:
                return ComingAndGoing.Run(int.Parse(iterations, CultureInfo.InvariantCulture), path);
            case ["region-intrude", string kind, string rounds]:
                return Intrusion.Run(kind, int.Parse(rounds, CultureInfo.InvariantCulture));
            case ["region-touch", string path]:
                return MutilatedMemory.Touch(path);
            case ["region-punch", string page, string path]:
                return MutilatedMemory.Punch(path, int.Parse(page, CultureInfo.InvariantCulture));
            case ["region-resize"]:
                return MutilatedMemory.Resize();
            case ["region-user-open" or "region-user-create" or "region-user-lock" or "region-user-name", ..]:
                return RegionUserCommands.Run(arguments);
            default:
                Console.Error.WriteLine($"There is no command '{string.Join(' ', arguments)}'.");
                return 2;
        }
    }

    private static int CreateUnderUmask(uint umask, UnixFileMode mode, string path)
    {
        Posix.SetUmask(umask);
        using Topic topic = Topic.OpenOrCreate(path, new TopicOptions { Mode = mode });
        Console.WriteLine($"{Octal(File.GetUnixFileMode(path))} {Octal(File.GetUnixFileMode(Path.GetDirectoryName(path)!))}");
        return 0;

        static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);
    }

    /// <summary>Makes the topic and deletes it, for ever: killed at any moment, it is in the middle of making one.</summary>
    private static int Churn(string path)
    {
        TopicOptions options = new() { Capacity = 1 << 20 };
        for (bool isFirst = true; ; isFirst = false)
        {
            Topic.OpenOrCreate(path, options).Dispose();
            if (isFirst)
            {
                Console.WriteLine("ready");
            }
            File.Delete(path);
        }
    }

    /// <summary>For each name that it is told: opens or makes that topic from several threads at once.</summary>
    private static int Race(string directory, int threads)
    {
        Console.WriteLine("ready");
        using Barrier barrier = new(threads);
        while (Console.ReadLine() is string name)
        {
            string path = Path.Combine(directory, name);
            int created = 0;
            ulong[] keys = new ulong[threads];
            Thread[] openers = [.. Enumerable.Range(0, threads).Select(i => new Thread(() =>
            {
                barrier.SignalAndWait();
                using Topic topic = Topic.OpenOrCreate(path);
                if (topic.IsNew)
                {
                    Interlocked.Increment(ref created);
                }
                using RegionFile file = RegionFile.Open(path, RegionOptions.Default, readOnly: true);
                keys[i] = file.Header.Key;
            }))];
            Array.ForEach(openers, opener => opener.Start());
            Array.ForEach(openers, opener => opener.Join());
            Console.WriteLine($"{created} {string.Join(',', keys.Distinct())}");
        }
        return 0;
    }
}
