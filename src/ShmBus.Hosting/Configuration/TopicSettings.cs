namespace ShmBus.Hosting;

/// <summary>How a topic is made, and when it counts as healthy: <c>ShmBus:Topics:NAME</c> in the configuration.</summary>
public sealed class TopicSettings
{
    private static readonly TopicOptions Default = new();

    /// <inheritdoc cref="TopicOptions.Capacity"/>
    public int Capacity { get; set; } = Default.Capacity;

    /// <inheritdoc cref="TopicOptions.Publishers"/>
    public int Publishers { get; set; } = Default.Publishers;

    /// <inheritdoc cref="TopicOptions.Lanes"/>
    public bool Lanes { get; set; }

    /// <inheritdoc cref="TopicOptions.Delivery"/>
    public Delivery Delivery { get; set; }

    /// <summary>How many subscribers a broadcast may have at once: see <see cref="TopicOptions.Subscribers"/>. Null for as many as that says.</summary>
    public int? Subscribers { get; set; }

    /// <inheritdoc cref="TopicOptions.Overflow"/>
    public Overflow Overflow { get; set; }

    /// <inheritdoc cref="TopicOptions.EvictionLag"/>
    public int EvictionLag { get; set; }

    /// <inheritdoc cref="TopicOptions.PopulateLimit"/>
    public long PopulateLimit { get; set; } = Default.PopulateLimit;

    /// <inheritdoc cref="TopicOptions.Lock"/>
    public bool Lock { get; set; }

    /// <inheritdoc cref="TopicOptions.HugePages"/>
    public bool HugePages { get; set; }

    /// <inheritdoc cref="TopicOptions.TrustPeers"/>
    public bool TrustPeers { get; set; } = true;

    /// <summary>
    /// From how many bytes on that are published and not delivered yet the health check says 'degraded'; null, unless told, for three quarters of
    /// <see cref="Capacity"/>.
    /// </summary>
    public long? MaxLag { get; set; }

    /// <summary>
    /// Whether the health check says 'degraded' where this host publishes and nobody subscribes, or subscribes and nobody publishes. On unless told.
    /// </summary>
    public bool ExpectsPeers { get; set; } = true;

    /// <summary>Whether nobody said how the topic is made.</summary>
    internal bool IsUsual { get; init; }

    internal TopicOptions ToOptions() => new()
    {
        Capacity = Capacity,
        Publishers = Publishers,
        Lanes = Lanes,
        Delivery = Delivery,
        Subscribers = Subscribers ?? (Delivery == Delivery.Broadcast ? 8 : 1),
        Overflow = Overflow,
        EvictionLag = EvictionLag,
        PopulateLimit = PopulateLimit,
        Lock = Lock,
        HugePages = HugePages,
        TrustPeers = TrustPeers,
    };
}
