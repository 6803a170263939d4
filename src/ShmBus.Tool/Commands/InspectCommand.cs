using System.CommandLine;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>All that can be seen of one topic from outside, and what blocks whom.</summary>
internal static class InspectCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("inspect", "Shows a topic: how it was made, every endpoint and what it does, the oldest and the newest message, what was counted, and what blocks whom. Takes no place in it, and writes nothing.",
            "shmbus inspect orders", "shmbus inspect orders --json | jq .findings");
        Argument<string> name = CommonOptions.Topic();
        command.Arguments.Add(name);
        command.Run(async (context, cancellation) =>
        {
            using Bus bus = context.OpenBus();
            string topic = context.Get(name)!;
            List<LookedAt> found = LookedAt.Find(bus, context.BusOptions, topic);
            if (found.Count == 0)
            {
                throw new ToolException(ExitCode.NotFound, $"There is no topic '{topic}' on {bus.Directory}; 'shmbus ls' shows those that there are, and --bus names another bus.");
            }
            try
            {
                await LookedAt.LookAsync(found, cancellation).ConfigureAwait(false);
                InspectReport report = new(bus.Directory!, topic, [.. found.Select(InspectedTopic.Of)]);
                context.Write(report, ToolJson.Default.InspectReport, output => output.Write(string.Join("\n", report.Topics.Select(InspectText.Of))));
                return Finding.CodeOf(report.Topics.SelectMany(static each => each.Findings));
            }
            finally
            {
                found.ForEach(static each => each.Dispose());
            }
        });
        return command;
    }
}

/// <param name="Topics">One, and those of the same name that processes still use although their name is gone.</param>
internal sealed record InspectReport(string Bus, string Name, IReadOnlyList<InspectedTopic> Topics);

/// <param name="Problem">Why it cannot be looked into; the rest is null then.</param>
/// <param name="LastChange">When somebody came or left last, or the file was changed otherwise.</param>
internal sealed record InspectedTopic(
    string? Path, string? Problem, bool IsInUse, long SizeBytes, string? Mode, int? Group, DateTimeOffset? LastChange, DateTimeOffset? CreatedAt, InspectedOptions? Options, string? Contract, InspectedCounters? Counters,
    SeenMessages? Messages, IReadOnlyList<InspectedEndpoint> Endpoints, IReadOnlyList<Finding> Findings)
{
    internal static InspectedTopic Of(LookedAt topic)
    {
        TopicInfo? info = topic.Info;
        TopicObserver? observer = topic.Observer;
        SeenMessages? messages = topic.Now is null ? null : SeenMessages.Read(observer!, topic.Now);
        Finding[] findings = [.. topic.Findings.Select(finding => finding with { Since = messages?.Since(finding.Kind) })];
        return new InspectedTopic(
            observer?.Path, info?.Problem?.Message.ReplaceLineEndings(" "), info?.IsInUse ?? true, info?.Size ?? observer?.RegionSize ?? 0,
            info?.Options?.Mode is UnixFileMode mode ? Convert.ToString((int)mode, 8) : null, info?.Options?.Group,
            observer?.Path is string path && File.Exists(path) ? File.GetLastWriteTimeUtc(path) : null,
            info?.CreatedAt ?? observer?.CreatedAt, observer is null ? null : InspectedOptions.Of(observer.Options), topic.Now?.Contract?.ToString(),
            topic.Now is null ? null : InspectedCounters.Of(topic.Now), messages,
            topic.Now is null ? [] : [.. topic.Now.Endpoints.Select(InspectedEndpoint.Of)], findings);
    }
}

internal sealed record InspectedOptions(string Kind, int Capacity, int Publishers, int Subscribers, bool Lanes, string Delivery, string Overflow, int EvictionLag)
{
    internal static InspectedOptions Of(TopicOptions options) => new(
        LsCommand.KindOf(options), options.Capacity, options.Publishers, options.Subscribers, options.Lanes,
        options.Delivery.ToString().ToLowerInvariant(), options.Overflow.ToString().ToLowerInvariant(), options.EvictionLag);
}

/// <param name="PublishedBytes">Claimed since the topic was made, headers and padding included.</param>
/// <param name="PendingBytes">Not given back yet by the slowest subscriber: publishers have the rest of the capacity.</param>
internal sealed record InspectedCounters(long PublishedBytes, long PendingBytes, long DepthBytes, long Losses, long LostBytes, long MissedBytes, long? CorruptAt)
{
    internal static InspectedCounters Of(TopicSnapshot seen) => new(
        seen.PublishedBytes, seen.PendingBytes, TopicFindings.Depth(seen), seen.Endpoints.Sum(static endpoint => endpoint.Losses),
        seen.Endpoints.Sum(static endpoint => endpoint.LostBytes), seen.Endpoints.Sum(static endpoint => endpoint.MissedBytes), seen.CorruptAt);
}

/// <param name="State">alive, parked, stopped, dead, kept (nobody, but its place is kept) or evicted.</param>
/// <param name="ProcessId">In the PID namespace of its process.</param>
/// <param name="CommandLine">Null where it is not to be seen from here.</param>
internal sealed record InspectedEndpoint(
    string Role, int Slot, string State, int ProcessId, string ProcessName, string? CommandLine, DateTimeOffset JoinedAt, string? Place, long Messages, long UnreadBytes, long PendingBytes,
    long Losses, long LostBytes, long MissedBytes, long Sleeps, long Wakes, long? Position, long? OpenClaim)
{
    internal static InspectedEndpoint Of(EndpointInfo endpoint)
    {
        ProcessView? process = ProcessView.Of(endpoint);
        return new InspectedEndpoint(
            endpoint.Role == EndpointRole.Publisher ? "publisher" : "subscriber", endpoint.Slot, StateOf(endpoint, process), endpoint.ProcessId, endpoint.ProcessName, process?.CommandLine, endpoint.JoinedAt, endpoint.PlaceName,
            endpoint.Messages, endpoint.UnreadBytes, endpoint.PendingBytes, endpoint.Losses, endpoint.LostBytes, endpoint.MissedBytes, endpoint.Sleeps, endpoint.Wakes, endpoint.Position, endpoint.OpenClaim);
    }

    internal static string StateOf(EndpointInfo endpoint, ProcessView? process) =>
        endpoint.IsEvicted ? "evicted"
        : !endpoint.IsAlive ? endpoint.PlaceName is null ? "dead" : "kept"
        : process is { IsStopped: true } ? "stopped"
        : endpoint.IsParked ? "parked"
        : "alive";
}
