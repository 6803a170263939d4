using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>A bus in the memory of this process.</summary>
internal sealed class InProcessBus : Bus
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private bool _isDisposed;

    public override string? Directory => null;

    public override Topic OpenTopic(string name, TopicOptions? options = null)
    {
        options ??= TopicOptions.Default;
        lock (_lock)
        {
            Enter(name);
            Check(options);
            return Find(name).Share(options);
        }
    }

    public override Topic OpenOrCreateTopic(string name, TopicOptions? options = null)
    {
        options ??= TopicOptions.Default;
        lock (_lock)
        {
            Enter(name);
            _ = options.ToHeader();
            Check(options);
            if (_topics.TryGetValue(name, out Topic? topic))
            {
                return topic.Share(options).Matching(options);
            }
            topic = Topic.CreateInProcess(name, options);
            _topics.Add(name, topic);
            return topic.Share(options, isNew: true);
        }
    }

    public override IReadOnlyList<TopicInfo> ListTopics()
    {
        lock (_lock)
        {
            Enter();
            return
            [
                .. _topics.OrderBy(static topic => topic.Key, StringComparer.Ordinal).Select(static topic => new TopicInfo(
                    topic.Key, TopicOptions.Of(topic.Value), ((RegionArray)topic.Value.Source).Size,
                    RegionTime.Decode(topic.Value.Source.Header.CreatedAt), IsUsed(topic.Value), Problem: null)
                {
                    Contract = topic.Value.Contract,
                }),
            ];
        }
    }

    public override TopicSnapshot InspectTopic(string name)
    {
        lock (_lock)
        {
            return Find(name).Inspect();
        }
    }

    public override TopicObserver ObserveTopic(string name)
    {
        lock (_lock)
        {
            return Find(name).Observe();
        }
    }

    public override bool DeleteTopic(string name)
    {
        lock (_lock)
        {
            Enter(name);
            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                return false;
            }
            if (IsUsed(topic))
            {
                throw new TopicInUseException(name, path: null, [.. topic.Inspect().Endpoints.Where(static endpoint => endpoint.IsAlive)]);
            }
            Remove(name);
            return true;
        }
    }

    public override IReadOnlyList<string> DeleteStaleTopics()
    {
        lock (_lock)
        {
            Enter();
            string[] stale = [.. _topics.Where(static topic => !IsUsed(topic.Value)).Select(static topic => topic.Key).Order(StringComparer.Ordinal)];
            Array.ForEach(stale, Remove);
            return stale;
        }
    }

    /// <summary>Within a process there are no files that could be left.</summary>
    public override IReadOnlyList<string> DeleteLeftLanes()
    {
        lock (_lock)
        {
            Enter();
            return [];
        }
    }

    public override void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            Array.ForEach([.. _topics.Keys], Remove);
        }
    }

    /// <summary>As on any bus, what is wrong with the options is told before what is wrong with the topic.</summary>
    private static void Check(TopicOptions options) => _ = options.ToRegionOptions();

    /// <summary>Whether somebody beside the bus has it open.</summary>
    private static bool IsUsed(Topic topic) => ((RegionArray)topic.Source).Holders > 1;

    private void Remove(string name)
    {
        _topics.Remove(name, out Topic? topic);
        topic!.Dispose();
    }

    private Topic Find(string name)
    {
        Enter(name);
        return _topics.TryGetValue(name, out Topic? topic) ? topic : throw ErrnoException.From(ErrorNumber.ENOENT, "open", name);
    }

    private void Enter(string name)
    {
        TopicNames.Check(name);
        Enter();
    }

    private void Enter() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
