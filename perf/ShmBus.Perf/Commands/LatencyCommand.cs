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
        Option<TimeSpan> gap = ParsedOption.Create("--gap", "MILLISECONDS", "A pause before each round trip, 0 to 1000, not counted: what is measured is then a wake, where ends park. Default: 0.",
            OptionText.Gap);
        command.Options.Add(gap);
        command.SetAction((parsed, cancellation) =>
        {
            Plan<ILatencyTransport> plan = options.PlanIn(parsed, new Shape(Gap: parsed.ValueOr(gap, TimeSpan.Zero)));
            return options.RunAsync(parsed, plan, () => LatencySuite.RunAsync(plan, cancellation), Summary.Write);
        });
        return command;
    }
}
