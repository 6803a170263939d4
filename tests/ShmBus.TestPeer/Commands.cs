namespace ShmBus.TestPeer;

/// <summary>The commands by name.</summary>
internal static class Commands
{
    internal static int Run(string[] arguments)
    {
        string[] rest = arguments[1..];
        switch (arguments[0])
        {
            case "send": return StreamCommands.Send(rest);
            case "receive": return StreamCommands.Receive(rest);
            case "echo": return StreamCommands.Echo(rest);
            case "die-in-claim": return DeathCommands.DieInClaim(rest);
            case "die-before-wake": return DeathCommands.DieBeforeWake(rest);
            case "pause-in-claim": return DeathCommands.PauseInClaim(rest);
            case "hold": return DeathCommands.Hold(rest);
            case "read-then-die": return DeathCommands.ReadThenDie(rest);
            case "park": return WaitCommands.Park(rest);
            case "send-without-system-calls": return WaitCommands.SendWithoutSystemCalls(rest);
            case "receive-without-system-calls": return WaitCommands.ReceiveWithoutSystemCalls(rest);
            default:
                Console.Error.WriteLine($"There is no command '{arguments[0]}'.");
                return 2;
        }
    }
}
