using System.Numerics;
using System.Text;
using ShmBus.Rings;

namespace ShmBus.Hosting;

/// <summary>What this host does on its topics, and what of it cannot be: by a topic's settings, or by what else the host does there.</summary>
internal sealed class TopicUses
{
    /// <summary>The longest name of a place, in bytes of UTF-8.</summary>
    private const int LongestPlace = 64;

    /// <summary>Of the ring, for what a dead letter has besides its message.</summary>
    private const int DeadLetterRoom = 64 << 10;

    /// <summary>The largest ring.</summary>
    private const long MostCapacity = 512 << 20;

    private readonly ShmBusOptions _options;
    private readonly Registration[] _handlers;
    private readonly Registration[] _channels;
    private readonly Registration[] _deadLetterSources;
    private readonly Use[] _uses;

    internal TopicUses(Registrations registrations, ShmBusOptions options)
    {
        _options = options;
        _handlers = [.. registrations.Handlers];
        _channels = [.. registrations.All.Where(static registration => registration.Channel is not null)];
        _deadLetterSources = [.. _handlers.Where(handler => options.HandlerOf(handler.Name).OnError == ErrorAction.DeadLetter)];
        _uses =
        [
            .. registrations.All.Select(Of),
            // One publisher to each such topic, whoever needs it.
            .. _deadLetterSources.Where(handler => !IsItsOwnDeadLetterTopic(handler)).Select(DeadLetters).DistinctBy(static use => use.Topic),
        ];
    }

    internal IEnumerable<string> FindProblems() =>
    [
        .. _handlers.CountBy(static handler => handler.Name).Where(static name => name.Value > 1).Select(static name =>
            $"There are {name.Value} handlers of the name '{name.Key}'; expected a name for each: AddHandler(..., name: ...)."),
        .. _channels.SelectMany(OfChannel),
        .. _deadLetterSources.SelectMany(OfDeadLetters),
        .. _uses.GroupBy(static use => use.Topic, StringComparer.Ordinal).SelectMany(topic => OfTopic(topic.Key, [.. topic])),
    ];

    private Use Of(Registration registration)
    {
        if (registration.Kind != RegistrationKind.Handler)
        {
            return new Use(registration.Topic, registration.Call, $"{registration.Call}: ", registration.Role, registration.MessageType, registration.Subscribes);
        }
        HandlerSettings settings = _options.HandlerOf(registration.Name);
        return new Use(
            registration.Topic, registration.Call, $"{Path(registration)}:", registration.Role, registration.MessageType,
            new SubscriberChoice(settings.JoinAt, settings.Place, settings.Acknowledge)) { IsHandler = true };
    }

    private Use DeadLetters(Registration handler)
    {
        string path = $"{Path(handler)}:{nameof(HandlerSettings.DeadLetterTopic)}";
        return new Use(_options.HandlerOf(handler.Name).DeadLetterTopic!, path, $"{path}: ", EndpointRole.Publisher, typeof(DeadLetter), null);
    }

    private string Path(Registration handler) => $"{_options.Path}:{nameof(_options.Handlers)}:{handler.Name}";

    private string Path(string topic) => $"{_options.Path}:{nameof(_options.Topics)}:{topic}";

    private static IEnumerable<string> OfChannel(Registration channel)
    {
        if (channel.Channel!.LocalCapacity < 0)
        {
            yield return $"{channel.Call}: {nameof(TopicChannelOptions.LocalCapacity)} is {channel.Channel.LocalCapacity}; expected a number of messages, 0 for no local channel.";
        }
        if (channel.Channel.Writers < 0)
        {
            yield return $"{channel.Call}: {nameof(TopicChannelOptions.Writers)} is {channel.Channel.Writers}; expected the number of writers that complete the channel, 0 for never.";
        }
    }

    private bool IsItsOwnDeadLetterTopic(Registration handler) => _options.HandlerOf(handler.Name).DeadLetterTopic == handler.Topic;

    private IEnumerable<string> OfDeadLetters(Registration handler)
    {
        string name = _options.HandlerOf(handler.Name).DeadLetterTopic!;
        string path = $"{Path(handler)}:{nameof(HandlerSettings.DeadLetterTopic)}";
        if (IsItsOwnDeadLetterTopic(handler))
        {
            yield return $"{path} is '{name}', the topic itself; expected another one.";
            yield break;
        }
        TopicSettings topic = _options.TopicOf(name);
        if (topic.Delivery != Delivery.Queue)
        {
            yield return $"{path} is '{name}', and {Path(name)}:{nameof(topic.Delivery)} is {topic.Delivery}, by which dead letters are lost while nobody subscribes; expected {Delivery.Queue}.";
        }
        long needed = Math.Min(MostCapacity, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(0, _options.TopicOf(handler.Topic).Capacity) + DeadLetterRoom));
        if (topic.Capacity < needed)
        {
            yield return $"{Path(name)}:{nameof(topic.Capacity)} is {topic.Capacity}, too little for a dead letter of the longest message of '{handler.Topic}'; expected at least {needed}.";
        }
    }

    private IEnumerable<string> OfTopic(string topic, Use[] uses)
    {
        // Of one with a section the section tells.
        if (!_options.Topics.ContainsKey(topic) && Bus.FindNameProblem(topic) is string wrong)
        {
            yield return $"{uses[0].Call}: '{topic}' cannot be the name of a topic: {wrong}.";
        }
        if (uses.Select(static use => use.MessageType).Distinct().Count() > 1)
        {
            yield return $"The topic '{topic}' has messages of several types: {string.Join(", ", uses.Select(static use => $"{use.MessageType} ({use.Call})"))}; expected one.";
        }
        foreach (IGrouping<string, Use> same in uses.Where(static use => !use.IsHandler).GroupBy(static use => use.Call).Where(static same => same.Count() > 1))
        {
            yield return $"{same.Key} was called {same.Count()} times; expected once: who needs it has it injected.";
        }
        TopicSettings settings = _options.TopicOf(topic);
        TopicOptions made = settings.ToOptions();
        string[] publishers = [.. uses.Where(static use => use.Role == EndpointRole.Publisher).Select(static use => use.Call).Distinct()];
        string[] subscribers = [.. uses.Where(static use => use.Role == EndpointRole.Subscriber).Select(static use => use.Call)];
        if (publishers.Length > made.Publishers && made.Publishers > 0)
        {
            yield return $"{Path(topic)}:{nameof(made.Publishers)} is {made.Publishers}, and this host alone has {publishers.Length} ({string.Join(", ", publishers)}); expected at least so many.";
        }
        if (settings.Delivery == Delivery.Queue && subscribers.Length > 1)
        {
            yield return $"{Path(topic)}:{nameof(made.Delivery)} is {Delivery.Queue}, which has one subscriber at a time, and this host has {subscribers.Length} ({string.Join(", ", subscribers)}); expected one, or {Delivery.Broadcast}.";
        }
        else if (settings.Delivery == Delivery.Broadcast && subscribers.Length > made.Subscribers && made.Subscribers > 0)
        {
            yield return $"{Path(topic)}:{nameof(made.Subscribers)} is {made.Subscribers}, and this host alone has {subscribers.Length} ({string.Join(", ", subscribers)}); expected at least so many.";
        }
        foreach (Use use in uses.Where(static use => use.Subscribes is not null))
        {
            foreach (string problem in OfSubscriber(use, settings))
            {
                yield return problem;
            }
        }
        foreach (IGrouping<string?, Use> place in uses.Where(static use => use.Subscribes?.Place is not null).GroupBy(static use => use.Subscribes!.Place).Where(static place => place.Count() > 1))
        {
            yield return $"The place '{place.Key}' of the topic '{topic}' is that of {string.Join(" and of ", place.Select(static use => use.Call))}; expected one for each.";
        }
    }

    private static IEnumerable<string> OfSubscriber(Use use, TopicSettings topic)
    {
        (JoinAt joinAt, string? place, Acknowledge acknowledge) = use.Subscribes!;
        if (acknowledge is not (Acknowledge.AfterHandling or Acknowledge.BeforeHandling))
        {
            yield return $"{use.Prefix}{nameof(Acknowledge)} is {acknowledge}; expected {Acknowledge.AfterHandling} or {Acknowledge.BeforeHandling}.";
        }
        if (joinAt != JoinAt.End && (topic.Delivery == Delivery.Queue || !Enum.IsDefined(joinAt)))
        {
            yield return $"{use.Prefix}{nameof(JoinAt)} is {joinAt}; expected {JoinAt.End}{(topic.Delivery == Delivery.Queue ? ": a queue goes on where the subscriber before was" : $" or {JoinAt.Oldest}")}.";
        }
        if (place is null)
        {
            yield break;
        }
        if (topic.Delivery == Delivery.Queue)
        {
            yield return $"{use.Prefix}{nameof(HandlerSettings.Place)} is '{place}'; expected none: a queue keeps one place, for all.";
        }
        else if (Encoding.UTF8.GetByteCount(place) is 0 or > LongestPlace || place.Any(char.IsControl))
        {
            yield return $"{use.Prefix}{nameof(HandlerSettings.Place)} is '{place}'; expected 1 to {LongestPlace} bytes of UTF-8 without control characters.";
        }
    }

    /// <param name="Topic">The topic.</param>
    /// <param name="Call">Who uses it, as it is told to people.</param>
    /// <param name="Prefix">What stands before the name of a setting of it.</param>
    /// <param name="Role">How.</param>
    /// <param name="MessageType">The type of the messages.</param>
    /// <param name="Subscribes">How it subscribes, if it does.</param>
    private sealed record Use(string Topic, string Call, string Prefix, EndpointRole Role, Type MessageType, SubscriberChoice? Subscribes)
    {
        internal bool IsHandler { get; init; }
    }
}
