using System.Numerics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ShmBus.Hosting;

/// <summary>Fills the options: what the code says, then what the configuration says, which so has the last word.</summary>
internal sealed class ShmBusOptionsSetup(Registrations registrations, IServiceProvider services) : IConfigureOptions<ShmBusOptions>
{
    private const string DeadLetterSuffix = ".dead";

    internal static SettingsReader<TopicSettings> TopicKeys { get; } = new SettingsReader<TopicSettings>()
        .Number(nameof(TopicSettings.Capacity), static (topic, value) => topic.Capacity = value)
        .Number(nameof(TopicSettings.Publishers), static (topic, value) => topic.Publishers = value)
        .Flag(nameof(TopicSettings.Lanes), static (topic, value) => topic.Lanes = value)
        .Choice<Delivery>(nameof(TopicSettings.Delivery), static (topic, value) => topic.Delivery = value)
        .OptionalNumber(nameof(TopicSettings.Subscribers), static (TopicSettings topic, int? value) => topic.Subscribers = value)
        .Choice<Overflow>(nameof(TopicSettings.Overflow), static (topic, value) => topic.Overflow = value)
        .Number(nameof(TopicSettings.EvictionLag), static (topic, value) => topic.EvictionLag = value)
        .Number(nameof(TopicSettings.PopulateLimit), static (TopicSettings topic, long value) => topic.PopulateLimit = value)
        .Flag(nameof(TopicSettings.Lock), static (topic, value) => topic.Lock = value)
        .Flag(nameof(TopicSettings.HugePages), static (topic, value) => topic.HugePages = value)
        .Flag(nameof(TopicSettings.TrustPeers), static (topic, value) => topic.TrustPeers = value)
        .OptionalNumber(nameof(TopicSettings.MaxLag), static (TopicSettings topic, long? value) => topic.MaxLag = value)
        .Flag(nameof(TopicSettings.ExpectsPeers), static (topic, value) => topic.ExpectsPeers = value);

    internal static SettingsReader<HandlerSettings> HandlerKeys { get; } = new SettingsReader<HandlerSettings>()
        .Number(nameof(HandlerSettings.Concurrency), static (handler, value) => handler.Concurrency = value)
        .Choice<Acknowledge>(nameof(HandlerSettings.Acknowledge), static (handler, value) => handler.Acknowledge = value)
        .Number(nameof(HandlerSettings.Retries), static (handler, value) => handler.Retries = value)
        .Duration(nameof(HandlerSettings.RetryDelay), static (handler, value) => handler.RetryDelay = value)
        .Duration(nameof(HandlerSettings.MaxRetryDelay), static (handler, value) => handler.MaxRetryDelay = value)
        .Choice<ErrorAction>(nameof(HandlerSettings.OnError), static (handler, value) => handler.OnError = value)
        .OptionalText(nameof(HandlerSettings.DeadLetterTopic), static (handler, value) => handler.DeadLetterTopic = value)
        .OptionalText(nameof(HandlerSettings.Place), static (handler, value) => handler.Place = value)
        .Choice<JoinAt>(nameof(HandlerSettings.JoinAt), static (handler, value) => handler.JoinAt = value);

    /// <summary>Those of the section itself.</summary>
    internal SettingsReader<ShmBusOptions> Keys => field ??= new SettingsReader<ShmBusOptions>()
        .OptionalText(nameof(ShmBusOptions.Directory), static (options, value) => options.Directory = value)
        .OptionalText(nameof(ShmBusOptions.Name), static (options, value) => options.Name = value)
        .Text(nameof(ShmBusOptions.Mode), static (options, value) => options.Mode = value)
        .OptionalNumber(nameof(ShmBusOptions.Group), static (ShmBusOptions options, int? value) => options.Group = value)
        .Sections(nameof(ShmBusOptions.Topics), (options, section, problems) =>
        {
            string topic = Registered(section.Key, registrations.All.Select(static registration => registration.Topic).Concat(options.Topics.Keys));
            TopicKeys.Read(section, options.AddTopic(topic), problems);
        })
        .Sections(nameof(ShmBusOptions.Handlers), (options, section, problems) =>
        {
            string handler = Registered(section.Key, registrations.Handlers.Select(static registration => registration.Name));
            HandlerKeys.Read(section, options.HandlerOf(handler), problems);
        });

    public void Configure(ShmBusOptions options)
    {
        foreach (Action<ShmBusOptions> configure in registrations.Configurations)
        {
            configure(options);
        }
        IConfiguration? section = registrations.Section ?? services.GetService<IConfiguration>()?.GetSection(ShmBusOptions.SectionName);
        if (section is not null)
        {
            options.Path = section is IConfigurationSection { Path: string path } ? path : ShmBusOptions.SectionName;
            Keys.Read(section, options, options.Unreadable);
        }
        AddDeadLetterTopics(options);
    }

    /// <summary>Keys of a configuration know no case, names of topics and handlers do.</summary>
    private static string Registered(string key, IEnumerable<string> names)
    {
        string[] alike = [.. names.Where(name => string.Equals(name, key, StringComparison.OrdinalIgnoreCase))];
        return alike.Length == 0 || alike.Contains(key, StringComparer.Ordinal) ? key : alike[0];
    }

    /// <summary>
    /// Dead-letter topics of which nobody says how they are made: a dead letter is a little longer than its message, and any number of hosts may write some.
    /// One that reads them makes the same of the topic's name.
    /// </summary>
    private void AddDeadLetterTopics(ShmBusOptions options)
    {
        Dictionary<string, int> capacities = new(StringComparer.Ordinal);
        foreach (Registration handler in registrations.Handlers)
        {
            HandlerSettings settings = options.HandlerOf(handler.Name);
            if (settings.OnError == ErrorAction.DeadLetter)
            {
                settings.DeadLetterTopic ??= handler.Topic + DeadLetterSuffix;
                Add(settings.DeadLetterTopic, handler.Topic);
            }
        }
        foreach (Registration use in registrations.All.Where(static use => use.MessageType == typeof(DeadLetter)))
        {
            Add(use.Topic, use.Topic.EndsWith(DeadLetterSuffix, StringComparison.Ordinal) ? use.Topic[..^DeadLetterSuffix.Length] : use.Topic);
        }
        foreach ((string topic, int capacity) in capacities.Where(topic => !options.Topics.ContainsKey(topic.Key)))
        {
            options.Topics[topic] = new TopicSettings { IsUsual = true, Capacity = capacity, Publishers = 16, ExpectsPeers = false };
        }

        void Add(string topic, string of)
        {
            uint capacity = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(options.TopicOf(of).Capacity, 128 << 10, 256 << 20)) * 2;
            capacities[topic] = Math.Max((int)capacity, capacities.GetValueOrDefault(topic));
        }
    }
}
