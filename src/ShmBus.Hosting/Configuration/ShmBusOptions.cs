namespace ShmBus.Hosting;

/// <summary>The bus of a host, and how it uses its topics: the section <c>ShmBus</c> of the configuration.</summary>
public sealed class ShmBusOptions
{
    /// <summary>The name of the section.</summary>
    public const string SectionName = "ShmBus";

    /// <summary>The directory of the bus: see <see cref="BusOptions.Directory"/>.</summary>
    public string? Directory { get; set; }

    /// <summary>Tells several buses of one user, or group, apart: see <see cref="BusOptions.Name"/>.</summary>
    public string? Name { get; set; }

    /// <summary>The permission bits of topics, in octal: <c>600</c> (the default), <c>640</c> or <c>660</c>. See <see cref="BusOptions.Mode"/>.</summary>
    public string Mode { get; set; } = "600";

    /// <summary>The id of the group that <see cref="Mode"/> lets in: see <see cref="BusOptions.Group"/>.</summary>
    public int? Group { get; set; }

    /// <summary>The topics, by name. One that is not here is taken as it is, or made as <see cref="TopicOptions"/> says where it is not there.</summary>
    public IDictionary<string, TopicSettings> Topics { get; } = new Dictionary<string, TopicSettings>(StringComparer.Ordinal);

    /// <summary>The handlers, by name, which is that of the topic unless another was given.</summary>
    public IDictionary<string, HandlerSettings> Handlers { get; } = new Dictionary<string, HandlerSettings>(StringComparer.Ordinal);

    /// <summary>Where the section is.</summary>
    internal string Path { get; set; } = SectionName;

    /// <summary>What could not be read there.</summary>
    internal List<string> Unreadable { get; } = [];

    internal TopicSettings TopicOf(string name) => Topics.TryGetValue(name, out TopicSettings? settings) ? settings : new TopicSettings { IsUsual = true };

    internal TopicSettings AddTopic(string name)
    {
        if (!Topics.TryGetValue(name, out TopicSettings? settings))
        {
            Topics.Add(name, settings = new TopicSettings());
        }
        return settings;
    }

    internal HandlerSettings HandlerOf(string name)
    {
        if (!Handlers.TryGetValue(name, out HandlerSettings? settings))
        {
            Handlers.Add(name, settings = new HandlerSettings());
        }
        return settings;
    }

    internal BusOptions ToBusOptions() => new()
    {
        Directory = Directory,
        Name = Name,
        Mode = TryParseMode(Mode, out UnixFileMode mode) ? mode : default,
        Group = Group,
    };

    internal static bool TryParseMode(string text, out UnixFileMode mode)
    {
        bool isOctal = text is { Length: > 0 and <= 4 } && text.All(static digit => digit is >= '0' and <= '7');
        mode = isOctal ? (UnixFileMode)Convert.ToInt32(text, 8) : default;
        return isOctal;
    }
}
