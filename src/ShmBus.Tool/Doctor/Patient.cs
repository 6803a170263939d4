using ShmBus.Native;
using ShmBus.Regions;

namespace ShmBus.Tool.Doctor;

/// <summary>The bus and the system that are looked at: each thing is read once, by the first check that needs it.</summary>
internal sealed class Patient : IDisposable
{
    // Long enough for a claim to be over that is filled as usual.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lazy<IReadOnlyList<TopicInfo>> _topics;
    private readonly Lazy<Dictionary<string, TopicSnapshot>> _snapshots;
    private bool _waited;

    /// <param name="options">The bus. Its directory is not made.</param>
    /// <param name="root">In front of the paths of the system's files: empty, but for tests.</param>
    /// <param name="user">The user whose processes use the bus.</param>
    internal Patient(BusOptions options, string root, uint user)
    {
        Root = root;
        User = user;
        try
        {
            Bus = Bus.Open(options);
            Directory = Bus.Directory!;
        }
        catch (Exception exception) when (exception is RegionException { Path: not null } or ErrnoException { Path: not null })
        {
            Problem = exception;
            Directory = (exception as RegionException)?.Path ?? ((ErrnoException)exception).Path!;
        }
        _topics = new(() => Bus?.ListTopics() ?? []);
        _snapshots = new(ReadSnapshots);
    }

    /// <summary>The bus, or null: see <see cref="Problem"/>.</summary>
    internal Bus? Bus { get; }

    /// <summary>Why the bus cannot be opened.</summary>
    internal Exception? Problem { get; }

    /// <summary>The directory of the bus, which need not be there.</summary>
    internal string Directory { get; }

    internal uint User { get; }

    internal string Root { get; }

    /// <summary>All that stands in the directory.</summary>
    internal IReadOnlyList<TopicInfo> Topics => _topics.Value;

    /// <summary>The topics that can be looked at, by name.</summary>
    internal IReadOnlyDictionary<string, TopicSnapshot> Snapshots => _snapshots.Value;

    /// <summary>The same topic a second after its snapshot, or later. Null when it is gone.</summary>
    internal TopicSnapshot? LookAgain(string topic)
    {
        _ = Snapshots;
        if (!_waited)
        {
            Thread.Sleep(Interval);
            _waited = true;
        }
        return Inspect(topic);
    }

    public void Dispose() => Bus?.Dispose();

    private Dictionary<string, TopicSnapshot> ReadSnapshots()
    {
        Dictionary<string, TopicSnapshot> found = new(StringComparer.Ordinal);
        foreach (TopicInfo topic in Topics.Where(static topic => topic.Problem is null))
        {
            if (Inspect(topic.Name) is TopicSnapshot snapshot)
            {
                found.Add(topic.Name, snapshot);
            }
        }
        return found;
    }

    private TopicSnapshot? Inspect(string topic)
    {
        try
        {
            return Bus!.InspectTopic(topic);
        }
        catch (Exception exception) when (exception is RegionException or ErrnoException)
        {
            // Gone, or damaged, since the list was made.
            return null;
        }
    }
}
