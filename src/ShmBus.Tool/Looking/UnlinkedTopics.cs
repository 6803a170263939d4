using System.Globalization;

namespace ShmBus.Tool.Looking;

/// <summary>
/// Files of a bus that processes have open although their names are gone, or lead to others: who comes now does not meet those processes. Found by the descriptors of
/// the processes that this user may look into.
/// </summary>
internal static class UnlinkedTopics
{
    // What the kernel adds to the path of a file that has lost its name.
    private const string Deleted = " (deleted)";

    internal static List<UnlinkedTopic> Find(string directory)
    {
        Dictionary<(string, string), UnlinkedTopic> found = [];
        foreach (string process in Entries("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id != Environment.ProcessId)
            {
                foreach (string descriptor in Entries($"{process}/fd"))
                {
                    if (NameOf(descriptor, directory) is string name)
                    {
                        int number = int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture);
                        var key = (name, InodeOf($"{process}/fdinfo/{Path.GetFileName(descriptor)}"));
                        found.TryAdd(key, new UnlinkedTopic(name, id, number, []));
                        found[key].Processes.Add(id);
                    }
                }
            }
        }
        return [.. found.Values.OrderBy(static topic => topic.Name, StringComparer.Ordinal)];
    }

    /// <summary>The name that a file of the bus had, or null for any other descriptor.</summary>
    private static string? NameOf(string descriptor, string directory)
    {
        string? target;
        try
        {
            target = new FileInfo(descriptor).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        if (target is null || !target.EndsWith(Deleted, StringComparison.Ordinal) || !target.StartsWith(directory, StringComparison.Ordinal))
        {
            return null;
        }
        string path = target[..^Deleted.Length];
        string name = Path.GetFileName(path);
        // A lane's name is none of a topic: its hub is open there, too.
        return Path.GetDirectoryName(path) == directory && Bus.FindNameProblem(name) is null ? name : null;
    }

    /// <summary>Tells two files of one name apart, where the kernel says it (Linux 5.14).</summary>
    private static string InodeOf(string information)
    {
        try
        {
            return File.ReadLines(information).FirstOrDefault(static line => line.StartsWith("ino:", StringComparison.Ordinal)) ?? "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string[] Entries(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone by now, or somebody else's.
            return [];
        }
    }
}

/// <summary>A file that has lost its name.</summary>
/// <param name="Name">The name that it had.</param>
/// <param name="ProcessId">A process that has it open.</param>
/// <param name="Descriptor">By this descriptor.</param>
/// <param name="Processes">All that have it open.</param>
internal sealed record UnlinkedTopic(string Name, int ProcessId, int Descriptor, SortedSet<int> Processes)
{
    /// <summary>Looks at it through that process.</summary>
    internal TopicObserver Observe(BusOptions options) =>
        TopicObserver.OpenOfProcess(ProcessId, Descriptor, new TopicOptions { Mode = options.Mode, Group = options.Group });

    internal Finding Finding(bool isReplaced) => new(FindingKind.Unlinked,
        $"{(isReplaced ? "another topic has its name by now" : "its name is gone")}, but {Who} {(Processes.Count == 1 ? "has" : "have")} it open: " +
        "who comes now does not meet them; end or restart them, so that all open the topic by its name anew");

    private string Who => $"{(Processes.Count == 1 ? "process" : "processes")} {string.Join(", ", Processes)}";
}
