using System.Diagnostics;
using ShmBus.Endpoints;
using ShmBus.Tool.Looking;

namespace ShmBus.Tool.Top;

/// <summary>
/// All that is on a bus, from look to look, for little: topics stay mapped, the directory is only read again when it changed, and processes are only looked up now and then.
/// </summary>
internal sealed class BusWatch(Bus bus) : IDisposable
{
    // The time of a directory has a grain: a topic that is made in the very moment of a look shows no other time.
    private static readonly TimeSpan BetweenListings = TimeSpan.FromSeconds(5);

    // One that has just come is not named in its slot yet.
    private static readonly TimeSpan BetweenMisses = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, WatchedTopic> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (long At, ProcessView? View)> _processes = [];
    private DateTime _directoryTime;
    private long _listed;
    private long _looked = Stopwatch.GetTimestamp();

    internal string Directory => bus.Directory!;

    internal IReadOnlyCollection<WatchedTopic> Topics => _topics.Values;

    /// <summary>Looks at everything.</summary>
    internal void Look()
    {
        DateTime time = System.IO.Directory.GetLastWriteTimeUtc(Directory);
        if (time != _directoryTime || Stopwatch.GetElapsedTime(_listed) > BetweenListings)
        {
            _directoryTime = time;
            _listed = Stopwatch.GetTimestamp();
            List();
        }
        double seconds = Math.Max(Stopwatch.GetElapsedTime(_looked).TotalSeconds, 1e-3);
        _looked = Stopwatch.GetTimestamp();
        foreach (WatchedTopic topic in _topics.Values)
        {
            topic.Look(seconds, FindProcess);
        }
    }

    /// <summary>The process of an endpoint, as it was some seconds ago at most.</summary>
    internal ProcessView? FindProcess(EndpointInfo endpoint)
    {
        if (!endpoint.IsAlive)
        {
            return null;
        }
        if (!_processes.TryGetValue(endpoint.ProcessId, out (long At, ProcessView? View) known) || Stopwatch.GetElapsedTime(known.At) > (known.View is null ? BetweenMisses : BetweenListings))
        {
            _processes[endpoint.ProcessId] = known = (Stopwatch.GetTimestamp(), ProcessView.Of(endpoint));
        }
        return known.View;
    }

    public void Dispose()
    {
        foreach (WatchedTopic topic in _topics.Values)
        {
            topic.Dispose();
        }
    }

    private void List()
    {
        IReadOnlyList<TopicInfo> found = bus.ListTopics();
        HashSet<string> names = [.. found.Select(static info => info.Name)];
        foreach (string name in _topics.Keys)
        {
            if (!names.Contains(name))
            {
                _topics.Remove(name, out WatchedTopic? gone);
                gone!.Dispose();
            }
        }
        foreach (TopicInfo info in found)
        {
            if (_topics.TryGetValue(info.Name, out WatchedTopic? known))
            {
                if (known.IsReadable && known.IsInPlace && info.Problem is null && known.CreatedAt == info.CreatedAt)
                {
                    continue;
                }
                _topics.Remove(info.Name);
                known.Dispose();
            }
            if (WatchedTopic.Open(bus, info) is WatchedTopic topic)
            {
                _topics.Add(info.Name, topic);
            }
        }
        foreach (int gone in _processes.Where(static process => Stopwatch.GetElapsedTime(process.Value.At) > 4 * BetweenListings).Select(static process => process.Key).ToArray())
        {
            _processes.Remove(gone);
        }
    }
}
