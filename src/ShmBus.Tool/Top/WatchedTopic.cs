using ShmBus.Endpoints;
using ShmBus.Rings;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Top;

/// <summary>A topic from look to look, through one mapping that stays. What is no topic is there with its problem.</summary>
internal sealed class WatchedTopic : IDisposable
{
    private static readonly Finding Gone = new(FindingKind.Unlinked, "its name is gone, or leads to another file");

    private readonly TopicObserver? _observer;
    private readonly Dictionary<(EndpointRole, int), WatchedEndpoint> _endpoints = [];
    private TopicSnapshot? _now;

    private WatchedTopic(string name, TopicObserver? observer, DateTimeOffset? createdAt, IReadOnlyList<Finding> findings)
    {
        Name = name;
        CreatedAt = createdAt;
        Findings = findings;
        _observer = observer;
    }

    internal string Name { get; }

    internal DateTimeOffset? CreatedAt { get; }

    internal string Kind => _observer is null ? "" : Commands.LsCommand.KindOf(_observer.Options);

    internal int Capacity => _observer?.Options.Capacity ?? 0;

    internal bool IsReadable => _observer is not null;

    /// <summary>Whether its name still leads to it.</summary>
    internal bool IsInPlace => _now is null or { Name: Regions.RegionName.Intact };

    internal IReadOnlyList<Finding> Findings { get; private set; }

    /// <summary>A second, since the last look: of the ring, headers and padding included.</summary>
    internal double ByteRate { get; private set; }

    internal double MessageRate { get; private set; }

    internal double WakeRate { get; private set; }

    /// <summary>How often publishers went to sleep because there was no room.</summary>
    internal double FullRate { get; private set; }

    internal long Depth { get; private set; }

    internal long Losses { get; private set; }

    internal long MissedBytes { get; private set; }

    internal int Evicted { get; private set; }

    internal History Depths { get; } = new();

    internal History Rates { get; } = new();

    internal IEnumerable<WatchedEndpoint> Endpoints => _endpoints.Values.OrderBy(static endpoint => endpoint.Now.Role).ThenBy(static endpoint => endpoint.Now.Slot);

    internal static WatchedTopic? Open(Bus bus, TopicInfo info)
    {
        if (info.Problem is not null)
        {
            return new WatchedTopic(info.Name, null, null, [TopicProblem.Of(info.Problem)]);
        }
        try
        {
            return new WatchedTopic(info.Name, bus.ObserveTopic(info.Name), info.CreatedAt, []);
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is ExitCode code)
        {
            return code == ExitCode.NotFound ? null : new WatchedTopic(info.Name, null, null, [TopicProblem.Of(exception)]);
        }
    }

    internal int Alive(EndpointRole role) => _now?.Endpoints.Count(endpoint => endpoint.IsAlive && endpoint.Role == role) ?? 0;

    /// <summary>Looks.</summary>
    /// <param name="seconds">Since the last look.</param>
    /// <param name="find">Looks up the process of an endpoint.</param>
    internal void Look(double seconds, Func<EndpointInfo, ProcessView?> find)
    {
        if (_observer is null)
        {
            return;
        }
        TopicSnapshot now;
        try
        {
            now = _observer.Inspect();
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is not null)
        {
            // A lane beside it is none, or the file was cut off.
            Findings = [TopicProblem.Of(exception)];
            return;
        }
        LookAtEndpoints(now, seconds);
        ByteRate = _now is null ? 0 : Math.Max(0, now.PublishedBytes - _now.PublishedBytes) / seconds;
        double published = RateOf(EndpointRole.Publisher).Sum();
        // A subscriber brings its count up to date whenever it runs dry, a publisher not before an eighth of the ring.
        MessageRate = Alive(EndpointRole.Subscriber) > 0 ? RateOf(EndpointRole.Subscriber).DefaultIfEmpty().Max() : published;
        WakeRate = _endpoints.Values.Sum(static endpoint => endpoint.WakeRate);
        FullRate = _endpoints.Values.Where(static endpoint => endpoint.Now.Role == EndpointRole.Publisher).Sum(static endpoint => endpoint.SleepRate);
        Depth = TopicFindings.Depth(now);
        Losses = now.Endpoints.Sum(static endpoint => endpoint.Losses);
        MissedBytes = now.Endpoints.Sum(static endpoint => endpoint.MissedBytes);
        Evicted = now.Endpoints.Count(static endpoint => endpoint.IsEvicted);
        Depths.Add(Depth);
        Rates.Add(ByteRate);
        Findings = now.Name == Regions.RegionName.Intact ? TopicFindings.Find(_now ?? now, now, find) : [Gone];
        _now = now;
    }

    public void Dispose() => _observer?.Dispose();

    private void LookAtEndpoints(TopicSnapshot now, double seconds)
    {
        HashSet<(EndpointRole, int)> there = [];
        foreach (EndpointInfo endpoint in now.Endpoints)
        {
            (EndpointRole, int) key = (endpoint.Role, endpoint.Slot);
            there.Add(key);
            if (!_endpoints.TryGetValue(key, out WatchedEndpoint? watched))
            {
                _endpoints.Add(key, watched = new WatchedEndpoint(endpoint));
            }
            watched.Look(endpoint, seconds);
        }
        foreach ((EndpointRole, int) key in _endpoints.Keys)
        {
            if (!there.Contains(key))
            {
                _endpoints.Remove(key);
            }
        }
    }

    private IEnumerable<double> RateOf(EndpointRole role) =>
        _endpoints.Values.Where(endpoint => endpoint.Now.Role == role).Select(static endpoint => endpoint.MessageRate);
}
