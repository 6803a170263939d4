using System.Globalization;

namespace ShmBus.Perf.Tests;

/// <summary>The processors that this process may run on, as the kernel tells it.</summary>
internal static class OwnProcessors
{
    private const string Label = "Cpus_allowed_list:";

    /// <summary>Two of them, or the only one twice, as --cpus takes them.</summary>
    internal static string Two { get; } = FindTwo();

    private static string FindTwo()
    {
        string list = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Label, StringComparison.Ordinal))[Label.Length..];
        int[] processors = [.. list.Split(',').SelectMany(Range).Take(2)];
        return string.Create(CultureInfo.InvariantCulture, $"{processors[0]},{processors[^1]}");
    }

    /// <summary>Those of '4' or of '0-3'.</summary>
    private static IEnumerable<int> Range(string text)
    {
        int[] ends = [.. text.Split('-').Select(static end => int.Parse(end, CultureInfo.InvariantCulture))];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }
}
