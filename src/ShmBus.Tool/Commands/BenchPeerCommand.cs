using System.CommandLine;
using ShmBus.Tool.Bench;
using ShmBus.Tool.Native;

namespace ShmBus.Tool.Commands;

/// <summary>The second process of <c>bench</c>, which starts it.</summary>
internal static class BenchPeerCommand
{
    internal const string Name = "bench-peer";

    private static readonly Argument<string> Directory = new("DIRECTORY");
    private static readonly Argument<int> Processor = new("PROCESSOR");
    private static readonly Argument<int[]> Descriptors = new("DESCRIPTORS") { Arity = new ArgumentArity(6, 6) };

    internal static Command Create()
    {
        var command = new ToolCommand(Name, "The second process of bench.") { Hidden = true };
        command.Arguments.Add(Directory);
        command.Arguments.Add(Processor);
        command.Arguments.Add(Descriptors);
        command.Run(static context =>
        {
            int[] descriptors = context.Get(Descriptors)!;
            // The ends of the process that started it.
            Array.ForEach(descriptors[3..], Descriptor.Close);
            new BenchPeer(context.Get(Directory)!, context.Get(Processor), descriptors[..3]).Run(Console.In, Console.Out);
            return ExitCode.Success;
        });
        return command;
    }
}
