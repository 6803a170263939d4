using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class LoadCommand
{
    public static Command Create()
    {
        var command = new Command(SuiteName.Load, "One-way latency at a fixed rate, from when each message ought to have been sent: corrected for coordinated omission.");
        var options = new SuiteOptions<IStreamTransport>(command, TransportCatalog.Stream, WaitMode.Adaptive);
        Option<List<int>> rates = ParsedOption.Create("--rate", "LIST", "Messages a second, 1 to 10000000; or several such numbers, separated by commas. Default: 10000,100000.",
            text => OptionText.List(text, OptionText.Rate));
        command.Options.Add(rates);
        command.SetAction((parsed, cancellation) =>
        {
            Plan<IStreamTransport> plan = options.PlanIn(parsed, [.. parsed.ValueOr(rates, [10_000, 100_000]).Select(rate => new Shape(Rate: rate))]);
            return options.RunAsync(parsed, plan, () => LoadSuite.RunAsync(plan, cancellation), Summary.Write);
        });
        return command;
    }
}
