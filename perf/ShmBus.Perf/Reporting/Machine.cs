using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Reporting;

/// <summary>What figures depend on besides the code, as the machine tells it.</summary>
internal sealed record Machine(
    [property: JsonPropertyName("date")] DateTime Date,
    [property: JsonPropertyName("version")] string Version,
    [property: JsonPropertyName("processor")] string Processor,
    [property: JsonPropertyName("processors")] int Processors,
    [property: JsonPropertyName("virtual")] bool IsVirtual,
    [property: JsonPropertyName("architecture")] string Architecture,
    [property: JsonPropertyName("memory_bytes")] long MemoryBytes,
    [property: JsonPropertyName("page_bytes")] int PageBytes,
    [property: JsonPropertyName("kernel")] string Kernel,
    [property: JsonPropertyName("distribution")] string Distribution,
    [property: JsonPropertyName("runtime")] string Runtime,
    [property: JsonPropertyName("libc")] string CLibrary,
    [property: JsonPropertyName("governor")] string Governor,
    [property: JsonPropertyName("huge_pages")] string HugePages,
    [property: JsonPropertyName("shmem_huge_pages")] string SharedHugePages,
    [property: JsonPropertyName("load_average")] double LoadAverage)
{
    private const string Unknown = "not told";

    /// <summary>Whether others had so much to do that these are not the machine's own figures.</summary>
    [JsonIgnore]
    public bool WasBusy => LoadAverage > Processors / 2.0;

    public static Machine Now()
    {
        string[] processor = File.Exists("/proc/cpuinfo") ? File.ReadAllLines("/proc/cpuinfo") : [];
        return new Machine(
            DateTime.UtcNow,
            // With the commit that it was built from.
            typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? Unknown,
            Value(processor, "model name", ':') ?? Unknown,
            Environment.ProcessorCount,
            Value(processor, "flags", ':')?.Split(' ').Contains("hypervisor") ?? false,
            RuntimeInformation.OSArchitecture.ToString(),
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Environment.SystemPageSize,
            Line("/proc/sys/kernel/osrelease") ?? Unknown,
            Value(File.Exists("/etc/os-release") ? File.ReadAllLines("/etc/os-release") : [], "PRETTY_NAME", '=')?.Trim('"') ?? Unknown,
            RuntimeInformation.FrameworkDescription,
            CLibraryVersion.Text(),
            Line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? Unknown,
            Chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
            Chosen("/sys/kernel/mm/transparent_hugepage/shmem_enabled"),
            double.Parse((Line("/proc/loadavg") ?? "0").Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>What it is, what it runs, and when.</summary>
    public string Summary =>
        FormattableString.Invariant($"{Processor}, {Processors} processors{(IsVirtual ? ", a virtual machine" : "")}, Linux {Kernel}, {Runtime}, {CLibrary}, {Date:d MMMM yyyy}");

    /// <summary>Of a machine's own figures nothing is said.</summary>
    public string? Warning => WasBusy
        ? FormattableString.Invariant($"The machine was busy with something else (load average {LoadAverage:0.0} before it began): these are not its figures.")
        : null;

    public IEnumerable<(string Name, string Value)> Properties =>
    [
        ("measured", FormattableString.Invariant($"{Date:yyyy-MM-dd HH:mm} UTC")), ("ShmBus", Version), ("processor", Processor),
        ("processors", FormattableString.Invariant($"{Processors}, {Architecture}{(IsVirtual ? ", of a virtual machine" : "")}")),
        ("memory", FormattableString.Invariant($"{MemoryBytes / (double)(1 << 30):0.0} GiB, pages of {PageBytes} bytes")),
        ("kernel", Kernel), ("distribution", Distribution), ("runtime", Runtime), ("C library", CLibrary), ("governor", Governor),
        ("transparent huge pages", HugePages), ("of shared memory", SharedHugePages), ("load average before", FormattableString.Invariant($"{LoadAverage:0.00}")),
    ];

    /// <summary>That in brackets.</summary>
    private static string Chosen(string file) => Line(file)?.Split(' ').FirstOrDefault(choice => choice.StartsWith('['))?.Trim('[', ']') ?? Unknown;

    private static string? Line(string file) => File.Exists(file) ? File.ReadAllText(file).Trim() : null;

    private static string? Value(string[] lines, string name, char separator) => lines
        .Select(line => line.Split(separator, 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(pair => pair.Length == 2 && pair[0] == name)?[1];
}
