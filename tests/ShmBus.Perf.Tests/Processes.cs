namespace ShmBus.Perf.Tests;

/// <summary>What /proc says of other processes.</summary>
internal static class Processes
{
    /// <summary>Those that a process has started and that have not ended.</summary>
    internal static List<int> ChildrenOf(int parent) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(static name => char.IsAsciiDigit(name![0])).Select(int.Parse!)
            .Where(process => Fields(process) is [not "Z", var found, ..] && found == $"{parent}")];

    /// <summary>Whether it runs. What has ended may stay until its parent asks, which not every parent of orphans does.</summary>
    internal static bool IsAlive(int process) => Fields(process) is [not "Z", ..];

    internal static bool HasThread(int process, string name)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{process}/task").Any(thread => File.ReadAllText($"{thread}/comm") == name + "\n");
        }
        catch (IOException)
        {
            // It ended, or that thread did.
            return false;
        }
    }

    /// <summary>State, parent and so on; nothing of a process that is gone.</summary>
    private static string[] Fields(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            // Its name stands before, in parentheses, with anything in it.
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
