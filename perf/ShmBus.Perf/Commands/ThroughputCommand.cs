using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class ThroughputCommand
{
    public static Command Create()
    {
        var command = new Command(SuiteName.Throughput, "Messages a second, from one producer or several to one consumer that reads every byte, or to several.");
        var options = new SuiteOptions<IStreamTransport>(command, TransportCatalog.Stream, WaitMode.Adaptive);
        Option<List<int>> producers = ParsedOption.Create("--producers", "LIST",
            $"Producers, each a process of its own, 1 to {ChannelSettings.MaximumProducers}; or several such numbers, separated by commas. Default: 1.",
            text => OptionText.List(text, OptionText.Producers));
        Option<List<int>> subscribers = ParsedOption.Create("--subscribers", "LIST",
            $"Subscribers, each a process of its own that gets every message, 1 to {ChannelSettings.MaximumSubscribers}; or several such numbers, separated by commas. Default: 1.",
            text => OptionText.List(text, OptionText.Subscribers));
        command.Options.Add(producers);
        command.Options.Add(subscribers);
        command.SetAction((parsed, cancellation) =>
        {
            Plan<IStreamTransport> plan = options.PlanIn(parsed,
                [.. from p in parsed.ValueOr(producers, [1]) from s in parsed.ValueOr(subscribers, [1]) select new Shape(p, s)]);
            return options.RunAsync(parsed, plan, () => ThroughputSuite.RunAsync(plan, cancellation), Summary.Write);
        });
        return command;
    }
}
