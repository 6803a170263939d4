using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class ThroughputCommand
{
    public static Command Create()
    {
        var command = new Command(SuiteName.Throughput, "Messages a second, from one producer or several to one consumer that reads every byte.");
        var options = new SuiteOptions<IStreamTransport>(command, TransportCatalog.Stream, WaitMode.Adaptive);
        Option<List<int>> producers = ParsedOption.Create("--producers", "LIST",
            $"Producers, each a process of its own, 1 to {ChannelSettings.MaximumProducers}; or several such numbers, separated by commas. Default: 1.",
            text => OptionText.List(text, OptionText.Producers));
        command.Options.Add(producers);
        command.SetAction((parsed, cancellation) => SuiteRun.RunAsync(async () =>
        {
            Plan<IStreamTransport> plan = options.PlanIn(parsed, parsed.ValueOr(producers, [1]));
            List<ThroughputRow> rows = await ThroughputSuite.RunAsync(plan, cancellation).ConfigureAwait(false);
            Summary.Write(rows, Console.Out);
            Summary.WriteNotes(plan, Console.Out);
            if (options.JsonIn(parsed) is { } file)
                JsonFile.Write(file, rows);
        }));
        return command;
    }
}
