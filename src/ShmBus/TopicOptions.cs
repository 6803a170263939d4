using ShmBus.Regions;

namespace ShmBus;

/// <summary>How a topic is made, and how this process maps it.</summary>
public sealed record TopicOptions
{
    internal static readonly TopicOptions Default = new();

    /// <summary>
    /// The bytes of the ring: a power of two from one page (4 KiB on most machines) to 512 MiB; 256 KiB unless told. A message may
    /// take up a quarter of it.
    /// </summary>
    public int Capacity { get; init; } = 256 << 10;

    /// <summary>
    /// How many publishers the topic may have at once, from any number of processes: 1 (the default) to 64. With one, publishing is
    /// fastest. Several share the ring: subscribers see one order, in which each publisher's own is kept, and one that is stopped
    /// in the middle of a message holds up what the others publish after it until it goes on or dies.
    /// </summary>
    public int Publishers { get; init; } = 1;

    /// <summary>
    /// Gives each publisher a ring of its own (a lane), with a file of its own beside the topic's, so that publishers cannot hold
    /// each other up. The subscriber reads the lanes in turn: each publisher's order is kept, but there is none between them.
    /// <see cref="Capacity"/> is that of each lane.
    /// </summary>
    public bool Lanes { get; init; }

    /// <summary>
    /// Regions of up to this many bytes of address space are populated when they are mapped, so that the first messages meet no page
    /// fault; 0 for never. 4 MiB unless told.
    /// </summary>
    public long PopulateLimit { get; init; } = 4 << 20;

    /// <summary>Keep the pages in memory, never on a swap device (<c>mlock</c>).</summary>
    public bool Lock { get; init; }

    /// <summary>Gather the pages into huge ones (<c>MADV_COLLAPSE</c>, Linux 6.1), which spares the processor's address cache.</summary>
    public bool HugePages { get; init; }

    /// <summary>
    /// The permission bits of a new file: 600 (the default), 640 or 660 in octal. Bits for the group also mean that this process accepts
    /// files and directories which belong to others of the group: whoever can write a topic can feed its readers anything.
    /// </summary>
    public UnixFileMode Mode { get; init; } = RegionOptions.OwnerOnly;

    /// <summary>
    /// The id of the group that a new file is given to, and the only one that <see cref="Mode"/> lets in. Null leaves a new file's group to
    /// the system, and lets in every group that this process is in.
    /// </summary>
    public int? Group { get; init; }

    /// <summary>
    /// Whether awaiters of this process's endpoints are run on the very thread that was woken for them, which spares the way through
    /// the thread pool. That thread is one for many endpoints: none of them goes on meanwhile, so awaiters must be brief and
    /// never block. Off unless told.
    /// </summary>
    public bool AllowSynchronousContinuations { get; init; }

    internal RegionOptions ToRegionOptions()
    {
        if (Mode is not (RegionOptions.OwnerOnly or RegionOptions.OwnerOnly | UnixFileMode.GroupRead or RegionOptions.OwnerOnly | RegionOptions.GroupAccess))
        {
            throw new ArgumentException(
                $"{nameof(Mode)} is {Convert.ToString((int)Mode, 8)}; expected 600, 640 or 660 (octal): the owner reads and writes, the group may, others never.");
        }
        if (Group < 0)
        {
            throw new ArgumentException($"{nameof(Group)} is {Group}; expected the id of a group.");
        }
        if (PopulateLimit < 0)
        {
            throw new ArgumentException($"{nameof(PopulateLimit)} is {PopulateLimit}; expected a number of bytes, 0 for never.");
        }
        return new RegionOptions(PopulateLimit, Lock, HugePages, Mode, (uint?)Group);
    }

    internal RegionHeader ToHeader()
    {
        if (Publishers is < 1 or > RegionDescriptor.MaxSlots)
        {
            throw new ArgumentException($"{nameof(Publishers)} is {Publishers}; expected 1 to {RegionDescriptor.MaxSlots}.");
        }
        int page = Environment.SystemPageSize;
        string? wrong = RegionGeometry.TryCreate(page, Publishers, subscriberSlots: 1, Capacity, out RegionGeometry geometry);
        if (wrong is not null)
        {
            throw new ArgumentException($"{nameof(Capacity)} cannot be used: {wrong}.");
        }
        if (Lanes)
        {
            // No message goes through the hub: the least ring will do.
            _ = RegionGeometry.TryCreate(page, Publishers, subscriberSlots: 1, page, out geometry);
        }
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        uint producers = Lanes ? RegionHeader.Lanes : Publishers == 1 ? RegionHeader.OneProducer : RegionHeader.ManyProducers;
        return new RegionHeader(geometry, RegionFactory.NewKey(), producers, Delivery: 0, Overflow: 0, now) { LaneCapacity = Lanes ? Capacity : 0 };
    }
}

/// <summary>When a message counts as delivered: what the next subscriber gets of one that this subscriber died with.</summary>
public enum Acknowledge
{
    /// <summary>At least once: a message that the subscriber died with, or whose handler threw, is delivered again. The default.</summary>
    AfterHandling,

    /// <summary>At most once: it is not delivered again.</summary>
    BeforeHandling,
}

/// <summary>A topic exists, made in another way than was asked for.</summary>
public sealed class TopicMismatchException : InvalidOperationException
{
    internal TopicMismatchException(string path, string option, object found, object expected)
        : base($"The topic '{path}' exists with {option} {found}; {expected} was asked for. Use the same on both sides, or delete the topic first.")
    {
        Option = option;
    }

    /// <summary>The option that differs.</summary>
    public string Option { get; }
}
