using System.Globalization;

namespace ShmBus.Perf.Transports;

/// <summary>
/// What a peer is told of descriptors that it inherits: a file with their numbers, which are the same in both processes. Such a channel
/// has no name that could be left behind.
/// </summary>
internal static class Inheritance
{
    private const string FileName = "inherited";

    public static void Write(ChannelSettings settings, params IEnumerable<int> descriptors) =>
        File.WriteAllText(settings.PathOf(FileName), string.Join(' ', descriptors));

    public static int[] Read(ChannelSettings settings) =>
        [.. File.ReadAllText(settings.PathOf(FileName)).Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
}
