using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

/// <summary>Another process of a round. Started by main alone, hence hidden.</summary>
internal static class PeerCommand
{
    public static Command Create()
    {
        Option<string> suite = new(PeerOrder.SuiteOption) { Required = true };
        Option<string> transport = new(PeerOrder.TransportOption) { Required = true };
        Option<int> size = new(PeerOrder.SizeOption) { Required = true };
        Option<int> producers = new(PeerOrder.ProducersOption) { Required = true };
        Option<int> producer = new(PeerOrder.ProducerOption) { Required = true };
        Option<WaitMode> wait = new(PeerOrder.WaitOption) { Required = true };
        Option<TimeSpan> duration = new(PeerOrder.DurationOption) { Required = true };
        Option<int> cpu = new(PeerOrder.CpuOption) { Required = true };
        Option<string> directory = new(PeerOrder.DirectoryOption) { Required = true };

        var command = new Command(PeerOrder.Command) { suite, transport, size, producers, producer, wait, duration, cpu, directory };
        command.Hidden = true;
        // A Ctrl-C reaches all processes. It ends main; that ends the peers, which take no notice of their own.
        command.SetAction((parsed, _) => PeerRole.RunAsync(new PeerOrder(
            parsed.GetRequiredValue(suite),
            parsed.GetRequiredValue(transport),
            parsed.GetRequiredValue(size),
            parsed.GetRequiredValue(producers),
            parsed.GetRequiredValue(producer),
            parsed.GetRequiredValue(wait),
            parsed.GetRequiredValue(duration),
            parsed.GetRequiredValue(cpu),
            parsed.GetRequiredValue(directory))));
        return command;
    }
}
