using System.Globalization;
using System.Text.RegularExpressions;

namespace ShmBus.TestPeer;

/// <summary>The threads of this process that sleep for what is awaited, as the kernel shows them.</summary>
internal static partial class AwaitThreads
{
    private const string Name = "ShmBus await";

    /// <summary>Their ids.</summary>
    internal static List<string> Ids() =>
        [.. All().Where(static task => Read(task, "comm").StartsWith(Name, StringComparison.Ordinal)).Select(static task => Path.GetFileName(task)!)];

    /// <summary>The id of the only one. A thread that one of them starts, for the pool, bears its name for a moment: until it has its own.</summary>
    internal static string Id()
    {
        List<string> ids = Ids();
        while (ids.Count > 1)
        {
            Thread.Sleep(1);
            ids = Ids();
        }
        return ids.Single();
    }

    /// <summary>How many threads of any kind there are.</summary>
    internal static int CountAll() => All().Length;

    /// <summary>How often one of them was taken from its processor, or left it.</summary>
    internal static long Switches(string id) => SwitchLine().Matches(Read($"/proc/self/task/{id}", "status"))
        .Sum(static match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private static string[] All() => Directory.GetDirectories("/proc/self/task");

    private static string Read(string task, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, file));
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }

    [GeneratedRegex(@"ctxt_switches:\s+(\d+)")]
    private static partial Regex SwitchLine();
}
