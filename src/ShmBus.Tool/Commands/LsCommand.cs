using System.CommandLine;
using System.Globalization;
using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tool.Looking;
using ShmBus.Tool.Output;

namespace ShmBus.Tool.Commands;

/// <summary>All that is on a bus, a line each, what is broken among it.</summary>
internal static class LsCommand
{
    internal static Command Create()
    {
        var command = new ToolCommand("ls", "Lists the topics of a bus, and what else stands there: how full they are, who is there, and what is wrong with them.",
            "shmbus ls", "shmbus ls --bus /dev/shm/prices", "shmbus ls --json | jq '.topics[] | select(.health != \"ok\")'");
        command.Run(static async (context, cancellation) =>
        {
            using Bus bus = context.OpenBus();
            List<LookedAt> topics = LookedAt.FindAll(bus, context.BusOptions);
            try
            {
                await LookedAt.LookAsync(topics, cancellation).ConfigureAwait(false);
                LsReport report = new(bus.Directory!, [.. topics.Select(Row)]);
                context.Write(report, ToolJson.Default.LsReport, output => output.Write(Text(report)));
                return Finding.CodeOf(report.Topics.SelectMany(static topic => topic.Findings));
            }
            finally
            {
                topics.ForEach(static topic => topic.Dispose());
            }
        });
        return command;
    }

    private static LsTopic Row(LookedAt topic)
    {
        TopicOptions? options = topic.Info?.Options ?? topic.Observer?.Options;
        DateTimeOffset? createdAt = topic.Info?.CreatedAt ?? topic.Observer?.CreatedAt;
        TopicSnapshot? now = topic.Now;
        Finding[] findings = [.. topic.Findings];
        return new LsTopic(
            topic.Name, options is null ? null : KindOf(options), options?.Capacity,
            now is null ? null : TopicFindings.Depth(now), Alive(now, EndpointRole.Publisher), options?.Publishers, Alive(now, EndpointRole.Subscriber), options?.Subscribers,
            createdAt, createdAt is null ? null : Math.Max(0, (DateTimeOffset.UtcNow - createdAt.Value).TotalSeconds),
            topic.Info?.Size ?? topic.Observer?.RegionSize ?? 0, topic.Info?.IsInUse ?? true, findings.Length == 0 ? "ok" : Word(findings[0].Kind), findings);
    }

    /// <summary>How a topic is made, in a word or two.</summary>
    internal static string KindOf(TopicOptions options) =>
        options.Lanes ? "lanes"
        : options.Delivery == Delivery.Queue ? "queue"
        : options.Overflow == Overflow.Overwrite ? "broadcast-overwrite"
        : options.EvictionLag != 0 ? "broadcast-evict"
        : "broadcast";

    internal static string Word(FindingKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static int? Alive(TopicSnapshot? seen, EndpointRole role) => seen?.Endpoints.Count(endpoint => endpoint.IsAlive && endpoint.Role == role);

    private static string Text(LsReport report)
    {
        if (report.Topics.Count == 0)
        {
            return $"There is no topic on {report.Bus}.\n";
        }
        TextTable table = new("TOPIC", "KIND", "CAPACITY", "DEPTH", "PUB", "SUB", "AGE", "SIZE", "HEALTH");
        foreach (LsTopic topic in report.Topics)
        {
            table.Add(
                Shown(topic.Name), topic.Kind ?? "", topic.Capacity is int capacity ? Humans.Bytes(capacity) : "", topic.DepthBytes is long depth ? Humans.Bytes(depth) : "",
                Of(topic.Publishers, topic.MaxPublishers), Of(topic.Subscribers, topic.MaxSubscribers),
                topic.AgeSeconds is double age ? Humans.Span(TimeSpan.FromSeconds(age)) : "", Humans.Bytes(topic.SizeBytes), topic.Health);
        }
        // What is wrong, in words, below: the lines of the table stay short.
        string words = string.Concat(report.Topics.SelectMany(static topic => topic.Findings.Where(static finding => finding.IsProblem).Select(finding => $"{Shown(topic.Name)}: {Word(finding.Kind)}: {finding.Message}\n")));
        return words.Length == 0 ? table.ToString() : $"{table}\n{words}";
    }

    private static string Of(int? count, int? most) => count is null || most is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{count}/{most}");

    /// <summary>A name that is no topic's may be any: it must neither steer the terminal nor make columns.</summary>
    internal static string Shown(string name) => string.Concat(name.Select(static character => char.IsControl(character) || char.IsWhiteSpace(character) ? '?' : character));
}

internal sealed record LsReport(string Bus, IReadOnlyList<LsTopic> Topics);

/// <param name="Kind">queue, broadcast, broadcast-overwrite, broadcast-evict or lanes; null where it cannot be told, as the numbers below.</param>
/// <param name="DepthBytes">What whoever reads next, or slowest, has before it.</param>
/// <param name="Publishers">Those that are alive.</param>
/// <param name="SizeBytes">Of its files.</param>
/// <param name="IsInUse">Whether some living process has it open.</param>
/// <param name="Health">ok, or the kind of the first of the findings.</param>
internal sealed record LsTopic(
    string Name, string? Kind, int? Capacity, long? DepthBytes, int? Publishers, int? MaxPublishers, int? Subscribers, int? MaxSubscribers,
    DateTimeOffset? CreatedAt, double? AgeSeconds, long SizeBytes, bool IsInUse, string Health, IReadOnlyList<Finding> Findings);
