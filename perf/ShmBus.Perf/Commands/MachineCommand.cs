using System.CommandLine;
using System.Globalization;
using ShmBus.Perf.Reporting;
using ShmBus.Perf.Suites;

namespace ShmBus.Perf.Commands;

/// <summary>What figures are from.</summary>
internal static class MachineCommand
{
    public static Command Create()
    {
        var command = new Command("machine", "Describes this machine, for a report.");
        Option<FileInfo> json = ParsedOption.Create("--json", "FILE", "Write it to this file.", OptionText.NewFile);
        Option<double> load = ParsedOption.Create("--load", "NUMBER", "The load average before whatever was done to come here, such as a build. Default: that of now.",
            text => double.TryParse(text, CultureInfo.InvariantCulture, out double value) && value is >= 0 and < 1e6 ? value : throw new PerfException($"'{text}' is not a load average"));
        command.Options.Add(json);
        command.Options.Add(load);
        command.SetAction((parsed, _) => SuiteRun.RunAsync(() =>
        {
            Machine machine = Machine.Now();
            machine = machine with { LoadAverage = parsed.ValueOr(load, machine.LoadAverage) };
            if (parsed.GetValue(json) is { } file)
                JsonFile.Write(file, machine);
            foreach ((string name, string value) in machine.Properties)
                Console.WriteLine($"{name}: {value}");
            return Task.CompletedTask;
        }));
        return command;
    }
}
