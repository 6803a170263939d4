using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class ThroughputCommand
{
    public static Command Create()
    {
        var command = new Command(SuiteName.Throughput, "Messages a second, from one producer to one consumer that reads every byte.");
        var options = new SuiteOptions<IStreamTransport>(command, TransportCatalog.Stream, WaitMode.Adaptive);
        command.SetAction((parsed, cancellation) => SuiteRun.RunAsync(async () =>
        {
            Plan<IStreamTransport> plan = options.PlanIn(parsed);
            List<ThroughputRow> rows = await ThroughputSuite.RunAsync(plan, cancellation).ConfigureAwait(false);
            Summary.Write(rows, Console.Out);
            Summary.WriteNotes(plan.Transports, Console.Out);
            if (options.JsonIn(parsed) is { } file)
                JsonFile.Write(file, rows);
        }));
        return command;
    }
}
