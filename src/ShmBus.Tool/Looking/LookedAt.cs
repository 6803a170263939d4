namespace ShmBus.Tool.Looking;

/// <summary>Something on a bus as the tool sees it: a topic that can be looked at, one that lost its name, or what is no topic.</summary>
internal sealed class LookedAt : IDisposable
{
    private LookedAt(string name, TopicInfo? info, TopicObserver? observer, List<Finding> findings)
    {
        Name = name;
        Info = info;
        Observer = observer;
        Problems = findings;
    }

    internal string Name { get; }

    /// <summary>What its file says; null where it has lost its name.</summary>
    internal TopicInfo? Info { get; }

    /// <summary>Null where it cannot be looked into.</summary>
    internal TopicObserver? Observer { get; }

    /// <summary>What is wrong with its file, or with its name.</summary>
    internal IReadOnlyList<Finding> Problems { get; private set; }

    /// <summary>The first look, once <see cref="Look"/> was called.</summary>
    internal TopicSnapshot? First { get; private set; }

    /// <summary>The last look.</summary>
    internal TopicSnapshot? Now { get; private set; }

    internal IEnumerable<Finding> Findings => First is null || Now is null ? Problems : Problems.Concat(TopicFindings.Find(First, Now)).OrderBy(static finding => finding.Kind);

    /// <summary>Finds all that is on a bus, by name.</summary>
    internal static List<LookedAt> FindAll(Bus bus, BusOptions options)
    {
        List<LookedAt> found = [];
        foreach (TopicInfo info in bus.ListTopics())
        {
            if (Of(bus, info) is LookedAt topic)
            {
                found.Add(topic);
            }
        }
        foreach (UnlinkedTopic unlinked in UnlinkedTopics.Find(bus.Directory!))
        {
            found.Add(Of(unlinked, options, found.Exists(topic => topic.Name == unlinked.Name)));
        }
        return [.. found.OrderBy(static topic => topic.Name, StringComparer.Ordinal)];
    }

    /// <summary>Finds what has a name, or had it.</summary>
    internal static List<LookedAt> Find(Bus bus, BusOptions options, string name)
    {
        List<LookedAt> found = [];
        TopicInfo? info = bus.ListTopics().FirstOrDefault(info => info.Name == name);
        if (info is not null && Of(bus, info) is LookedAt topic)
        {
            found.Add(topic);
        }
        foreach (UnlinkedTopic unlinked in UnlinkedTopics.Find(bus.Directory!).Where(unlinked => unlinked.Name == name))
        {
            found.Add(Of(unlinked, options, isReplaced: info is not null));
        }
        return found;
    }

    /// <summary>Looks at all of them, and once more where one look is not enough.</summary>
    internal static async Task LookAsync(IReadOnlyCollection<LookedAt> topics, CancellationToken cancellation, TimeSpan? between = null)
    {
        foreach (LookedAt topic in topics)
        {
            topic.First = topic.Now = topic.Inspect();
        }
        LookedAt[] again = [.. topics.Where(static topic => topic.Now is not null && TopicFindings.NeedsSecondLook(topic.Now))];
        if (again.Length > 0)
        {
            await Task.Delay(between ?? TopicFindings.BetweenLooks, cancellation).ConfigureAwait(false);
            Array.ForEach(again, static topic => topic.Now = topic.Inspect());
        }
    }

    /// <summary>One look; null where it cannot be looked into, or a lane of it cannot.</summary>
    private TopicSnapshot? Inspect()
    {
        try
        {
            return Observer?.Inspect();
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is not null)
        {
            Problems = [.. Problems, TopicProblem.Of(exception)];
            return null;
        }
    }

    public void Dispose() => Observer?.Dispose();

    private static LookedAt? Of(Bus bus, TopicInfo info)
    {
        if (info.Problem is not null)
        {
            return new LookedAt(info.Name, info, null, [TopicProblem.Of(info.Problem)]);
        }
        try
        {
            return new LookedAt(info.Name, info, bus.ObserveTopic(info.Name), []);
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is ExitCode code)
        {
            // Deleted, or damaged, since it was listed.
            return code == ExitCode.NotFound ? null : new LookedAt(info.Name, info, null, [TopicProblem.Of(exception)]);
        }
    }

    private static LookedAt Of(UnlinkedTopic unlinked, BusOptions options, bool isReplaced)
    {
        Finding finding = unlinked.Finding(isReplaced);
        try
        {
            return new LookedAt(unlinked.Name, null, unlinked.Observe(options), [finding]);
        }
        catch (Exception exception) when (Failure.CodeOf(exception) is not null)
        {
            return new LookedAt(unlinked.Name, null, null, [finding]);
        }
    }
}
