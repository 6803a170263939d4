using System.Globalization;

namespace ShmBus.Tests.Support;

/// <summary>What of a file this process has mapped and open, as the kernel tells it.</summary>
internal static class ProcessFiles
{
    /// <summary>The mappings of a file, whether or not it still has its name, in the order of their addresses.</summary>
    internal static List<Mapping> Mappings(string path)
    {
        List<Mapping> mappings = [];
        Mapping? current = null;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                current = words.Length > 5 && words[5] == path ? new Mapping(words[1], []) : null;
                if (current is not null)
                {
                    mappings.Add(current);
                }
            }
            else if (words.Length == 3 && words[2] == "kB")
            {
                current?.Bytes.Add(words[0].TrimEnd(':'), long.Parse(words[1], CultureInfo.InvariantCulture) << 10);
            }
        }
        return mappings;
    }

    /// <summary>How many descriptors of this process lead to a file, whether or not it still has its name.</summary>
    internal static int Descriptors(string path) => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry =>
    {
        string? target = Target(entry);
        return target == path || target == path + " (deleted)";
    });

    /// <summary>How many lead to a directory, or into it.</summary>
    internal static int DescriptorsBelow(string directory) =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry => Target(entry)?.StartsWith(directory, StringComparison.Ordinal) == true);

    /// <summary>How many descriptors a process has open, but for its program's files: the runtime keeps what it loads open, whenever it does.</summary>
    internal static int DescriptorsOf(int process) => Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count(static entry =>
        Target(entry) is string target && !target.EndsWith(".dll", StringComparison.Ordinal));

    /// <summary>How many mappings a process has of anonymous files of a name.</summary>
    internal static int MemfdMappingsOf(int process, string name) =>
        File.ReadLines($"/proc/{process}/maps").Count(line => line.Contains($"/memfd:{name}", StringComparison.Ordinal));

    private static string? Target(string entry)
    {
        try
        {
            return new FileInfo(entry).LinkTarget;
        }
        catch (IOException)
        {
            // Closed by a test that runs at the same time.
            return null;
        }
    }
}

/// <summary>One mapping.</summary>
/// <param name="Permissions">As in <c>rw-s</c>.</param>
/// <param name="Bytes">What /proc/self/smaps counts, by its names, in bytes.</param>
internal sealed record Mapping(string Permissions, Dictionary<string, long> Bytes);
