using System.CommandLine;
using ShmBus.Perf.Rounds;
using ShmBus.Perf.Transports;

namespace ShmBus.Perf.Commands;

/// <summary>The other process of a round. Started by main alone, hence hidden.</summary>
internal static class PeerCommand
{
    public static Command Create()
    {
        Option<string> suite = new(PeerOrder.SuiteOption) { Required = true };
        Option<string> transport = new(PeerOrder.TransportOption) { Required = true };
        Option<int> size = new(PeerOrder.SizeOption) { Required = true };
        Option<WaitMode> wait = new(PeerOrder.WaitOption) { Required = true };
        Option<int> cpu = new(PeerOrder.CpuOption) { Required = true };
        Option<string> directory = new(PeerOrder.DirectoryOption) { Required = true };

        var command = new Command(PeerOrder.Command) { suite, transport, size, wait, cpu, directory };
        command.Hidden = true;
        // A Ctrl-C reaches both processes. It ends main; that ends the peer, which takes no notice of its own.
        command.SetAction((parsed, _) => PeerRole.RunAsync(new PeerOrder(
            parsed.GetRequiredValue(suite),
            parsed.GetRequiredValue(transport),
            parsed.GetRequiredValue(size),
            parsed.GetRequiredValue(wait),
            parsed.GetRequiredValue(cpu),
            parsed.GetRequiredValue(directory))));
        return command;
    }
}
