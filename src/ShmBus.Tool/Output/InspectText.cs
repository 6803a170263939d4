using System.Globalization;
using System.Text;
using ShmBus.Tool.Commands;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Output;

/// <summary>A topic for people: what is wrong first, then what there is.</summary>
internal static class InspectText
{
    internal static string Of(InspectedTopic topic)
    {
        StringBuilder text = new();
        KeyValueText head = new();
        head.Add("path", topic.Path ?? (topic.Problem is null ? "(no longer has a name)" : "-"));
        head.Add("health", topic.Findings.Count == 0 ? "ok" : LsCommand.Word(topic.Findings[0].Kind));
        head.Add("in use", topic.IsInUse ? "yes" : "no");
        head.Add("size", Bytes(topic.SizeBytes));
        if (topic.CreatedAt is DateTimeOffset created)
        {
            head.Add("created", Since(created));
        }
        if (topic.LastChange is DateTimeOffset changed)
        {
            head.Add("last came or left", Since(changed));
        }
        if (topic.Mode is not null)
        {
            head.Add("mode, group", $"{topic.Mode}, {Number(topic.Group ?? 0)}");
        }
        if (topic.Options is InspectedOptions options)
        {
            AddOptions(head, options);
        }
        if (topic.Contract is not null)
        {
            head.Add("contract", topic.Contract);
        }
        if (topic.Counters is InspectedCounters counters)
        {
            head.Add("published", $"{Bytes(counters.PublishedBytes)} of the ring");
            head.Add("depth", $"{Bytes(counters.DepthBytes)} to be read");
            head.Add("losses", $"{Number(counters.Losses)} messages of publishers that died ({Bytes(counters.LostBytes)}), {Bytes(counters.MissedBytes)} missed");
        }
        AddMessages(head, topic.Messages);
        text.Append(head);
        AddFindings(text, topic.Findings);
        AddEndpoints(text, topic.Endpoints);
        return text.ToString();
    }

    private static void AddOptions(KeyValueText head, InspectedOptions options)
    {
        head.Add("kind", options.Kind);
        head.Add("capacity", Bytes(options.Capacity) + (options.Lanes ? " in each lane" : ""));
        head.Add("publishers", $"at most {Number(options.Publishers)}");
        head.Add("subscribers", $"at most {Number(options.Subscribers)}");
        head.Add("when full", options.Overflow == "overwrite" ? "the oldest messages are written over"
            : options.EvictionLag != 0 ? $"subscribers that lag more than {Bytes(options.EvictionLag)} are evicted" : "publishers wait");
    }

    private static void AddMessages(KeyValueText head, SeenMessages? messages)
    {
        foreach ((string name, SeenMessage? message) in (IEnumerable<(string, SeenMessage?)>)[("oldest", messages?.Oldest), ("next to be read", messages?.Next), ("newest", messages?.Newest)])
        {
            if (message is not null)
            {
                head.Add(name, $"{Number(message.Position)}  type {Number(message.Type)}  {Number(message.Length)} bytes{(message.Timestamp is DateTimeOffset time ? $"  {Since(time)}" : "")}  {message.Preview}");
            }
        }
    }

    private static void AddFindings(StringBuilder text, IReadOnlyList<Finding> findings)
    {
        if (findings.Count > 0)
        {
            text.Append("\nFindings\n");
        }
        foreach (Finding finding in findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {(finding.IsProblem ? "!" : "-")} {LsCommand.Word(finding.Kind)}: {finding.Message}{(finding.Since is DateTimeOffset since ? $"; since {Since(since)} at least" : "")}\n");
        }
    }

    private static void AddEndpoints(StringBuilder text, IReadOnlyList<InspectedEndpoint> endpoints)
    {
        if (endpoints.Count == 0)
        {
            return;
        }
        TextTable table = new("ROLE", "SLOT", "STATE", "PID", "SINCE", "MESSAGES", "UNREAD", "LOSSES", "MISSED", "SLEEPS", "WAKES", "CLAIM", "PLACE", "WHO");
        foreach (InspectedEndpoint endpoint in endpoints)
        {
            bool reads = endpoint.Role == "subscriber";
            table.Add(
                endpoint.Role, Number(endpoint.Slot), endpoint.State, Number(endpoint.ProcessId), Humans.Span(DateTimeOffset.UtcNow - endpoint.JoinedAt), Number(endpoint.Messages),
                reads ? Number(endpoint.UnreadBytes) : "", reads ? Number(endpoint.Losses) : "", reads ? Number(endpoint.MissedBytes) : "", Number(endpoint.Sleeps), Number(endpoint.Wakes),
                endpoint.OpenClaim is long claim ? Number(claim) : "", endpoint.Place ?? "", endpoint.CommandLine ?? endpoint.ProcessName);
        }
        text.Append("\nEndpoints\n").Append(table);
    }

    private static string Since(DateTimeOffset time) => $"{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}Z ({Humans.Span(DateTimeOffset.UtcNow - time)} ago)";

    private static string Bytes(long bytes) => bytes < 1024 ? $"{Number(bytes)} bytes" : $"{Number(bytes)} bytes ({Humans.Bytes(bytes)})";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
