using System.Globalization;
using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

/// <summary>What the user wrote, as values. Throws a <see cref="PerfException"/> that says what is wrong with it.</summary>
internal static class OptionText
{
    public static List<T> List<T>(string text, Func<string, T> element)
    {
        List<T> values = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(element)];
        return values.Distinct().Count() == values.Count ? values : throw new PerfException($"'{text}' names one thing twice");
    }

    public static TTransport Transport<TTransport>(string text, IReadOnlyList<TTransport> known)
        where TTransport : ITransport =>
        known.FirstOrDefault(transport => transport.Name == text || transport.Alias == text)
        ?? throw new PerfException($"'{text}' is none of {string.Join(", ", known.Select(transport => transport.Name))}");

    public static int Size(string text) => Integer(text, Payload.MinimumSize, ChannelSettings.MaximumSize);

    public static WaitMode Wait(string text) =>
        Enum.TryParse(text, ignoreCase: true, out WaitMode mode) && Enum.IsDefined(mode)
            ? mode
            : throw new PerfException($"'{text}' is none of spin, adaptive, park");

    public static TimeSpan Seconds(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0.01 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw new PerfException($"'{text}' is not a number from 0.01 to 3600");

    public static TimeSpan Gap(string text) => TimeSpan.FromMilliseconds(Integer(text, 0, 1000));

    public static int Rounds(string text) => Integer(text, 1, 10_000);

    public static int Producers(string text) => Integer(text, 1, ChannelSettings.MaximumProducers);

    public static int Subscribers(string text) => Integer(text, 1, ChannelSettings.MaximumSubscribers);

    public static int Rate(string text) => Integer(text, 1, 10_000_000);

    public static List<int> Cpus(string text)
    {
        string[] cpus = text.Split(',');
        return cpus.Length >= 2 ? [.. cpus.Select(Cpu)] : throw new PerfException($"'{text}' is not two CPUs or more, such as 0,1");
    }

    public static int Cpu(string text)
    {
        int cpu = Integer(text, 0, Affinity.MaximumCpus - 1);
        return Affinity.IsAllowed(cpu) ? cpu : throw new PerfException($"CPU {cpu} is not there, or not for this process");
    }

    public static DirectoryInfo ExistingDirectory(string text) =>
        Directory.Exists(text) ? new DirectoryInfo(text) : throw new PerfException($"'{text}' is not a directory that exists");

    public static FileInfo ExistingFile(string text) =>
        File.Exists(text) ? new FileInfo(text) : throw new PerfException($"'{text}' is not a file that exists");

    public static FileInfo NewFile(string text)
    {
        var file = new FileInfo(text);
        return file.Directory is { Exists: true } && !Directory.Exists(text)
            ? file
            : throw new PerfException($"'{text}' is not a file in a directory that exists");
    }

    public static int Integer(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new PerfException($"'{text}' is not a whole number from {least} to {most}");
}
