using System.CommandLine;

namespace ShmBus.Tool.Commands;

/// <summary>The one list of what the tool can do.</summary>
internal static class AllCommands
{
    internal static RootCommand Root()
    {
        RootCommand root = new("Looks at a bus of topics in shared memory, and moves messages in and out of it.")
        {
            LsCommand.Create(),
            TopCommand.Create(),
            InspectCommand.Create(),
            CreateCommand.Create(),
            RmCommand.Create(),
            TailCommand.Create(),
            SubCommand.Create(),
            PubCommand.Create(),
            RecordCommand.Create(),
            ReplayCommand.Create(),
            VersionCommand.Create(),
            DoctorCommand.Create(),
            BenchCommand.Create(),
            BenchPeerCommand.Create(),
            CompletionCommand.Create(),
        };
        root.Options.Add(CommonOptions.Bus);
        root.Options.Add(CommonOptions.Group);
        root.Options.Add(CommonOptions.Json);
        ToolHelp.Install(root);
        return root;
    }
}
