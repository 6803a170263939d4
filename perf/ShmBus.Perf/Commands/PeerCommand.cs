using System.CommandLine;
using ShmBus.Perf.Rounds;

namespace ShmBus.Perf.Commands;

/// <summary>Another process of a round. Started by main alone, hence hidden.</summary>
internal static class PeerCommand
{
    public static Command Create()
    {
        Argument<string> order = new("order");
        var command = new Command(PeerOrder.Command) { order };
        command.Hidden = true;
        // A Ctrl-C reaches all processes. It ends main; that ends the peers, which take no notice of their own.
        command.SetAction((parsed, _) => PeerRole.RunAsync(PeerOrder.Of(parsed.GetRequiredValue(order))));
        return command;
    }
}
