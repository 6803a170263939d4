using System.Text.Json;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Reporting;

/// <summary>What a directory holds that suites have written to: any of it may be missing.</summary>
/// <param name="Measurements">In the order in which they were made.</param>
/// <param name="Machine">What they were made on, where that was written down.</param>
/// <param name="Commands">How they were made.</param>
/// <param name="LeftOut">What was not, and why.</param>
internal sealed record Results(IReadOnlyList<Measurement> Measurements, Machine? Machine, IReadOnlyList<string> Commands, IReadOnlyList<string> LeftOut)
{
    public const string MachineFile = "machine.json";
    private const string CommandsFile = "commands.txt";
    private const string ReasonMark = " is left out";

    public static Results Read(DirectoryInfo directory)
    {
        List<FileInfo> runs = [.. directory.GetFiles("*.json").Where(file => file.Name != MachineFile).OrderBy(file => file.Name, StringComparer.Ordinal)];
        List<Measurement> measurements = [.. runs.SelectMany(Measured)];
        if (measurements.Count == 0)
            throw new PerfException($"{directory.FullName} holds no file with rows as --json writes them.");
        var machine = new FileInfo(Path.Combine(directory.FullName, MachineFile));
        return new Results(
            measurements,
            machine.Exists ? JsonFile.Read(machine).Deserialize<Machine>() : null,
            LinesOf(Path.Combine(directory.FullName, CommandsFile)),
            // What a suite says on its standard output, beside its rows.
            [.. runs.SelectMany(file => LinesOf(Path.ChangeExtension(file.FullName, "txt"))).Where(line => line.Contains(ReasonMark, StringComparison.Ordinal)).Distinct()]);
    }

    public IEnumerable<Measurement> Of(string suite) => Measurements.Where(measurement => measurement.Suite == suite);

    /// <summary>The runs of a suite, each by itself.</summary>
    public IEnumerable<IReadOnlyList<Measurement>> Runs(string suite) => Of(suite).GroupBy(measurement => measurement.Run).Select(run => run.ToList());

    private static IEnumerable<Measurement> Measured(FileInfo file)
    {
        JsonElement rows = JsonFile.Read(file);
        return rows.ValueKind == JsonValueKind.Array && rows.EnumerateArray().All(row => row.ValueKind == JsonValueKind.Object && row.TryGetProperty("suite", out _) && row.TryGetProperty("transport", out _))
            ? rows.EnumerateArray().GroupBy(Comparison.KeyOf).Select(rounds => new Measurement(Path.GetFileNameWithoutExtension(file.Name), [.. rounds]))
            : throw new PerfException($"{file.FullName} is not a file of rows as --json writes it.");
    }

    private static string[] LinesOf(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];
}
