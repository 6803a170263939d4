using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Suites;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

internal static class MemoryCommand
{
    public static Command Create()
    {
        var command = new Command(SuiteName.Memory, "Memory that a channel takes in each process, and bytes that each message allocates.");
        var options = new SuiteOptions<ILatencyTransport>(command, TransportCatalog.Latency, WaitMode.Adaptive);
        command.SetAction((parsed, cancellation) =>
        {
            Plan<ILatencyTransport> plan = options.PlanIn(parsed, new Shape());
            return options.RunAsync(parsed, plan, () => MemorySuite.RunAsync(plan, cancellation), Summary.Write);
        });
        return command;
    }
}
