using System.CommandLine;
using ShmBus.Perf.Commands;

var root = new RootCommand("Measures ways of moving messages between two processes of one machine. Every message's content and order is verified.")
{
    LatencyCommand.Create(),
    ThroughputCommand.Create(),
    WakeCommand.Create(),
    LoadCommand.Create(),
    MemoryCommand.Create(),
    FilesCommand.Create(),
    CompareCommand.Create(),
    MachineCommand.Create(),
    ReportCommand.Create(),
    PeerCommand.Create(),
};

return await root.Parse(args).InvokeAsync().ConfigureAwait(false);
