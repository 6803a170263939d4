using ShmBus.TestPeer.Torture;

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
            case "send-from-many": return FanInCommands.Send(rest);
            case "receive": return StreamCommands.Receive(rest);
            case "keep-journal": return JournalCommand.Run(rest);
            case "follow": return FollowCommand.Run(rest);
            case "echo": return StreamCommands.Echo(rest);
            case "publish-in-activity": return ActivityCommand.Run(rest);
            case "die-in-claim": return DeathCommands.DieInClaim(rest);
            case "die-before-wake": return DeathCommands.DieBeforeWake(rest);
            case "pause-in-claim": return DeathCommands.PauseInClaim(rest);
            case "publish-without-end": return DeathCommands.PublishWithoutEnd(rest);
            case "flood": return FloodCommand.Run(rest);
            case "skim": return SkimCommand.Run(rest);
            case "visit": return VisitCommand.Run(rest);
            case "hold-subscriber": return BroadcastCommands.Hold(rest);
            case "die-while-joining": return DeathCommands.DieWhileJoining(rest);
            case "hold": return DeathCommands.Hold(rest);
            case "hold-read-locks": return ReadLockCommand.Run(rest[0]);
            case "tamper-with-wakes": return WakeTamperCommand.Run(rest);
            case "scribble": return ScribbleCommand.Run(rest);
            case "read-then-die": return DeathCommands.ReadThenDie(rest);
            case "acknowledge-then-die": return DeathCommands.AcknowledgeThenDie(rest);
            case "park": return WaitCommands.Park(rest);
            case "send-without-system-calls": return WaitCommands.SendWithoutSystemCalls(rest);
            case "receive-without-system-calls": return WaitCommands.ReceiveWithoutSystemCalls(rest);
            case "await": return AwaitCommands.AwaitMessage(rest).GetAwaiter().GetResult();
            case "await-room-without-end": return AwaitCommands.PublishWithoutEnd(rest).GetAwaiter().GetResult();
            case "await-echo": return AwaitCommands.Echo(rest).GetAwaiter().GetResult();
            case "await-many": return AwaitCommands.AwaitMany(rest);
            case "await-refused": return AwaitCommands.AwaitRefused(rest).GetAwaiter().GetResult();
            case "await-refused-later": return AwaitTroubles.RefusedLater(rest).GetAwaiter().GetResult();
            case "await-without-barriers": return AwaitTroubles.WithoutBarriers(rest).GetAwaiter().GetResult();
            case "strangers-context": return AwaitTroubles.StrangersContext(rest).GetAwaiter().GetResult();
            case "await-allocations": return AwaitAllocations.Run(rest);
            case "await-eventfds": return EventfdCommands.AwaitMany(rest);
            case "await-stress": return AwaitStress.Run(rest);
            case "create": return NativeCommands.Create(rest);
            case "open": return NativeCommands.Open(rest);
            case "open-until-refused": return NativeCommands.OpenUntilRefused(rest);
            case "create-without-address-space": return NativeCommands.CreateWithoutAddressSpace(rest);
            case "create-under-file-size-limit": return NativeCommands.CreateUnderFileSizeLimit(rest);
            case "show-refused": return NativeCommands.ShowRefused(rest);
            case "open-pipe-counting-calls": return NativeCommands.OpenPipeCountingCalls(rest);
            case "open-pipe": return NativeCommands.OpenPipe(rest);
            case "wait-readable": return NativeCommands.WaitReadable();
            case "wait-parked": return NativeCommands.WaitParked(rest);
            case string name when name.StartsWith("region-", StringComparison.Ordinal): return RegionCommands.Run(arguments);
            case string name when name.StartsWith("contract-", StringComparison.Ordinal): return ContractCommands.Run(arguments);
            case string name when name.StartsWith("bus-", StringComparison.Ordinal): return BusCommands.Run(arguments);
            case string name when name.StartsWith("handover-", StringComparison.Ordinal): return HandoverCommands.Run(arguments);
            case string name when name.StartsWith("child-", StringComparison.Ordinal): return ChildCommands.Run(arguments);
            case string name when name.StartsWith("parent-", StringComparison.Ordinal): return ParentCommands.Run(arguments);
            case string name when name.StartsWith("channel-", StringComparison.Ordinal): return ChannelCommands.Run(arguments).GetAwaiter().GetResult();
            case "work-in-process": return InProcessCommand.Run();
            case "watch-peers": return WatchPeersCommand.Run(rest[0]);
            case "soak": return SoakCommand.Run(rest);
            case "run-refused": return RefusedCommand.Run(rest);
            case "torture": return TortureCommand.Run(rest);
            case "torture-peer": return TorturePeer.Run();
            case "fuzz": return FuzzCommand.Run(rest);
            case "fuzz-peer": return FuzzPeer.Run(rest);
            default:
                Console.Error.WriteLine($"There is no command '{arguments[0]}'.");
                return 2;
        }
    }
}
