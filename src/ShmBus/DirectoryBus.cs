using ShmBus.Endpoints;
using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus;

/// <summary>A bus that is a directory, held open: everything in it is reached through that.</summary>
internal sealed class DirectoryBus : Bus
{
    private readonly RegionDirectory _directory;
    private readonly BusOptions _options;

    internal DirectoryBus(BusOptions options)
    {
        _directory = options.OpenDirectory();
        _options = options;
    }

    public override string Directory => _directory.Path;

    public override Topic OpenTopic(string name, TopicOptions? options = null)
    {
        Enter(name);
        return Topic.OpenIn(_directory, name, OnBus(options));
    }

    public override Topic OpenOrCreateTopic(string name, TopicOptions? options = null)
    {
        Enter(name);
        return Topic.OpenOrCreateIn(_directory, name, OnBus(options));
    }

    public override IReadOnlyList<TopicInfo> ListTopics()
    {
        Enter();
        TopicOptions options = OnBus(null);
        return
        [
            .. _directory.Names().Where(static name => !LaneFiles.IsName(name)).Order(StringComparer.Ordinal)
                .Select(name => TopicInfo.Read(_directory, name, options)).OfType<TopicInfo>(),
        ];
    }

    public override TopicSnapshot InspectTopic(string name)
    {
        using TopicObserver observer = ObserveTopic(name);
        return observer.Inspect();
    }

    public override TopicObserver ObserveTopic(string name)
    {
        Enter(name);
        using Topic topic = Topic.LookAtIn(_directory, name, OnBus(null));
        return topic.Observe();
    }

    public override bool DeleteTopic(string name)
    {
        Enter(name);
        try
        {
            return TopicDeletion.TryDelete(_directory, name, onlyWhole: false) ? true
                : throw new TopicInUseException(name, _directory.PathOf(name), Holders(name));
        }
        catch (NotFoundErrnoException)
        {
            return false;
        }
    }

    public override IReadOnlyList<string> DeleteStaleTopics()
    {
        _ = DeleteLeftLanes();
        return DeleteWhere(name => !LaneFiles.IsName(name) && TopicNames.Problem(name) is null && TopicDeletion.TryDelete(_directory, name, onlyWhole: true));
    }

    public override IReadOnlyList<string> DeleteLeftLanes() =>
        DeleteWhere(name => LaneFiles.IsName(name) && TopicDeletion.TryDeleteLeftLane(_directory, name));

    public override void Dispose() => _directory.Dispose();

    /// <summary>The names of those that are gone now.</summary>
    private List<string> DeleteWhere(Func<string, bool> tryDelete)
    {
        Enter();
        List<string> deleted = [];
        foreach (string name in _directory.Names().Order(StringComparer.Ordinal))
        {
            try
            {
                if (tryDelete(name))
                {
                    deleted.Add(name);
                }
            }
            catch (Exception exception) when (exception is NotFoundErrnoException or AccessErrnoException or RegionException)
            {
                // Gone by now, or not this process's to judge.
            }
        }
        return deleted;
    }

    private TopicOptions OnBus(TopicOptions? options)
    {
        options ??= TopicOptions.Default;
        return options with { Mode = options.Mode ?? _options.Mode, Group = options.Group ?? _options.Group };
    }

    private void Enter(string name)
    {
        TopicNames.Check(name);
        Enter();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_directory.Handle.IsClosed, this);
        if (!_directory.IsInPlace)
        {
            throw new BusRemovedException(_directory.Path);
        }
    }

    /// <summary>Who has an endpoint on a topic, as far as it can be looked at.</summary>
    private EndpointInfo[] Holders(string name)
    {
        try
        {
            return [.. InspectTopic(name).Endpoints.Where(static endpoint => endpoint.IsAlive)];
        }
        catch (Exception exception) when (exception is RegionException or ErrnoException)
        {
            return [];
        }
    }
}
