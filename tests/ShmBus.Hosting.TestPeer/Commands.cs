namespace ShmBus.Hosting.TestPeer;

/// <summary>The commands by name.</summary>
internal static class Commands
{
    internal static async Task<int> RunAsync(string[] arguments)
    {
        string[] rest = arguments[1..];
        switch (arguments[0])
        {
            case "allocations": return await AllocationsCommand.RunAsync(rest);
            case "channel-write": return await ChannelWriteCommand.RunAsync(rest);
            case "claim": return await ClaimCommand.RunAsync(rest);
            case "handle": return await HandleCommand.RunAsync(rest);
            case "publish": return await PublishCommand.RunAsync(rest);
            case "publish-traced": return await PublishTracedCommand.RunAsync(rest);
            case "restart-handle": return await RestartCommands.HandleAsync(rest);
            case "restart-publish": return await RestartCommands.PublishAsync(rest);
            default:
                await Console.Error.WriteLineAsync($"No command '{arguments[0]}'.");
                return 2;
        }
    }
}
