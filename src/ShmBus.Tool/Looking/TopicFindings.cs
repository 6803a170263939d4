using ShmBus.Endpoints;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Tool.Looking;

/// <summary>
/// What is the matter with a topic, from two looks at it. A message in the making is seen in the one look or the other of any busy topic; it is stuck if the same one
/// is there in both.
/// </summary>
internal static class TopicFindings
{
    /// <summary>How long there must be between the two looks. A message is made in microseconds, and on a busy machine its maker may lose the processor for some milliseconds.</summary>
    internal static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(150);

    /// <summary>Whether one look is not enough.</summary>
    internal static bool NeedsSecondLook(TopicSnapshot seen) => seen.Endpoints.Any(static endpoint =>
        (endpoint.IsAlive && endpoint.OpenClaim is not null) || (endpoint.Role == EndpointRole.Subscriber && endpoint.IsAlive && endpoint.UnreadBytes != 0));

    /// <summary>What was found, the worst first.</summary>
    /// <param name="first">The first look.</param>
    /// <param name="now">The second; the first once more where one is enough.</param>
    /// <param name="find">How the process of an endpoint is looked up, which takes some files to be read; <see cref="ProcessView.Of"/> unless told.</param>
    internal static List<Finding> Find(TopicSnapshot first, TopicSnapshot now, Func<EndpointInfo, ProcessView?>? find = null)
    {
        find ??= ProcessView.Of;
        List<Finding> findings = [];
        if (now.CorruptAt is long corrupt)
        {
            findings.Add(new(FindingKind.Corrupt, $"an endpoint found the ring corrupt at position {corrupt}, and stopped: delete the topic when nobody uses it, and let it be created anew"));
        }
        if (now.Name is RegionName.Removed or RegionName.Replaced)
        {
            findings.Add(new(FindingKind.Unlinked, "its name is gone, or leads to another file: who comes now does not meet those who are here"));
        }
        foreach (EndpointInfo endpoint in now.Endpoints)
        {
            AddOf(findings, endpoint, first, now, find);
        }
        AddRoom(findings, now);
        if (now.Endpoints.Count == 0)
        {
            findings.Add(new(FindingKind.Idle, "nobody has an endpoint on it"));
        }
        return [.. findings.OrderBy(static finding => finding.Kind)];
    }

    /// <summary>The bytes that whoever reads next, or reads slowest, has before it.</summary>
    internal static long Depth(TopicSnapshot seen)
    {
        long depth = seen.Endpoints.Where(static endpoint => endpoint.Role == EndpointRole.Subscriber && !endpoint.IsEvicted)
            .Select(static endpoint => endpoint.UnreadBytes).DefaultIfEmpty(seen.PendingBytes).Max();
        // What was written over cannot be read any more; what is not a distance was made up by somebody.
        long most = seen.Capacity * Math.Max(1L, seen.Endpoints.Count(static endpoint => endpoint.Role == EndpointRole.Publisher));
        return Math.Clamp(depth, 0, most);
    }

    /// <summary>An endpoint, as a sentence names it.</summary>
    internal static string Who(EndpointInfo endpoint)
    {
        string role = endpoint.Role == EndpointRole.Publisher ? "publisher" : "subscriber";
        string place = endpoint.PlaceName is null ? "" : $" at the place '{endpoint.PlaceName}'";
        return $"{role} {endpoint.Slot}{place} (process {endpoint.ProcessId}, '{endpoint.ProcessName}')";
    }

    private static void AddOf(List<Finding> findings, EndpointInfo endpoint, TopicSnapshot first, TopicSnapshot now, Func<EndpointInfo, ProcessView?> find)
    {
        EndpointInfo? before = first.Endpoints.FirstOrDefault(other => (other.Role, other.Slot, other.Generation) == (endpoint.Role, endpoint.Slot, endpoint.Generation));
        if (endpoint.IsAlive && find(endpoint) is { IsStopped: true })
        {
            findings.Add(new(FindingKind.Stopped, $"{Who(endpoint)} is stopped: let it go on (kill -CONT {endpoint.ProcessId}), or end it"));
        }
        if (endpoint.OpenClaim is long claim)
        {
            if (!endpoint.IsAlive)
            {
                findings.Add(new(FindingKind.AbandonedClaim,
                    $"{Who(endpoint)} died with a message in the making at position {claim}: it is lost, and a subscriber passes it by as soon as it gets there"));
            }
            else if (before?.OpenClaim == claim && !ReferenceEquals(first, now))
            {
                findings.Add(new(FindingKind.StuckClaim,
                    $"{Who(endpoint)} has a message in the making at position {claim} and does not go on{Behind(now, claim)}: find out what it does (stopped? in a debugger?), or end it, which loses this message alone"));
            }
        }
        if (!endpoint.IsAlive && endpoint.PlaceName is null && !endpoint.IsEvicted)
        {
            findings.Add(new(FindingKind.DeadEndpoint, $"{Who(endpoint)} died without leaving; the next {(endpoint.Role == EndpointRole.Publisher ? "publisher" : "subscriber")} takes its slot over"));
        }
        if (endpoint.IsEvicted)
        {
            findings.Add(new(FindingKind.Evicted, $"{Who(endpoint)} lagged too far and was evicted: it must join anew"));
        }
        if (endpoint is { Role: EndpointRole.Subscriber, IsAlive: true, IsParked: false, IsEvicted: false } && endpoint.UnreadBytes > 0 && !ReferenceEquals(first, now) &&
            before is not null && before.Messages == endpoint.Messages && before.Position == endpoint.Position && !IsBehindClaim(endpoint, now))
        {
            findings.Add(new(FindingKind.NotReading, $"{Who(endpoint)} has {endpoint.UnreadBytes} bytes before it and did not move for {(int)BetweenLooks.TotalMilliseconds} ms: its handler takes long, or hangs"));
        }
    }

    /// <summary>Who sleeps for room, and for whom; and what nobody reads.</summary>
    private static void AddRoom(List<Finding> findings, TopicSnapshot now)
    {
        EndpointInfo[] readers = [.. now.Endpoints.Where(static endpoint => endpoint.Role == EndpointRole.Subscriber && !endpoint.IsEvicted)];
        EndpointInfo? slowest = readers.MaxBy(static endpoint => endpoint.PendingBytes);
        foreach (EndpointInfo publisher in now.Endpoints.Where(static endpoint => endpoint is { Role: EndpointRole.Publisher, IsAlive: true, IsParked: true }))
        {
            string waitsFor = slowest is null ? "nobody reads: start a subscriber"
                : !slowest.IsAlive && slowest.PlaceName is not null ? $"it waits for the place '{slowest.PlaceName}', which is kept and nobody reads: start its subscriber, or give the place up"
                : !slowest.IsAlive ? $"it waits for {Who(slowest)}, which died: start a subscriber"
                : $"it waits for {Who(slowest)}, which has {slowest.UnreadBytes} bytes before it";
            findings.Add(new(FindingKind.Full, $"{Who(publisher)} sleeps because there is no room; {waitsFor}"));
        }
        if (!readers.Any(static endpoint => endpoint.IsAlive) && Depth(now) > 0)
        {
            findings.Add(new(FindingKind.Unread, $"{Depth(now)} bytes are there, and nobody reads them"));
        }
    }

    private static bool IsBehindClaim(EndpointInfo reader, TopicSnapshot now) =>
        now.Endpoints.Any(endpoint => endpoint.OpenClaim is long claim && (reader.Position is null || reader.Position == claim));

    private static string Behind(TopicSnapshot now, long claim)
    {
        string[] behind = [.. now.Endpoints.Where(endpoint => endpoint is { Role: EndpointRole.Subscriber, IsAlive: true } && (endpoint.Position is null || endpoint.Position <= claim) && endpoint.UnreadBytes > 0).Select(Who)];
        return behind.Length == 0 ? "" : $"; {string.Join(", ", behind)} {(behind.Length == 1 ? "waits" : "wait")} behind it";
    }
}
