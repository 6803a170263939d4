using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class LatencyCommand
{
    public static Command Create()
    {
        var command = new Command(SuiteName.Latency, "Round-trip time: one message there, one back, the next.");
        var options = new SuiteOptions<ILatencyTransport>(command, TransportCatalog.Latency, WaitMode.Spin);
        command.SetAction((parsed, cancellation) => SuiteRun.RunAsync(async () =>
        {
            Plan<ILatencyTransport> plan = options.PlanIn(parsed, producers: [1]);
            List<LatencyRow> rows = await LatencySuite.RunAsync(plan, cancellation).ConfigureAwait(false);
            Summary.Write(rows, Console.Out);
            Summary.WriteNotes(plan.Transports, Console.Out);
            if (options.JsonIn(parsed) is { } file)
                JsonFile.Write(file, rows);
        }));
        return command;
    }
}
