using System.CommandLine;
using ShmBus.Tool.Bench;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Commands;

/// <summary>The second process of <c>bench</c>, which starts it.</summary>
internal static class BenchPeerCommand
{
    internal const string Name = "bench-peer";

    private static readonly Argument<int[]> Numbers = new("NUMBERS") { Arity = new ArgumentArity(7, 7) };

    internal static Command Create()
    {
        var command = new ToolCommand(Name, "The second process of bench.") { Hidden = true };
        command.Arguments.Add(Numbers);
        command.Run(static async (context, _) =>
        {
            int[] numbers = context.Get(Numbers)!;
            // The ends of the process that started it.
            Array.ForEach(numbers[4..], Descriptor.Close);
            await new BenchPeer(numbers[0], numbers[1], numbers[2], numbers[3]).RunAsync(Console.In).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }
}
