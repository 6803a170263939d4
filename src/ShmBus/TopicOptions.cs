using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>How a topic is made, and how this process maps it.</summary>
public sealed record TopicOptions
{
    internal static readonly TopicOptions Default = new();

    private readonly int? _subscribers;

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

    /// <summary>Who gets a message: one subscriber (a queue, the default), or every subscriber (a broadcast).</summary>
    public Delivery Delivery { get; init; }

    /// <summary>
    /// How many subscribers a broadcast may have at once, kept places included: 1 to 64, 8 unless told. A queue has one at a time.
    /// </summary>
    public int Subscribers
    {
        get => _subscribers ?? (Delivery == Delivery.Broadcast ? 8 : 1);
        init => _subscribers = value;
    }

    /// <summary>What happens when the ring is full: publishers wait for the slowest subscriber (the default), or write over the oldest messages.</summary>
    public Overflow Overflow { get; init; }

    /// <summary>
    /// A broadcast whose publishers wait: a subscriber that lags by more than so many bytes, headers and padding included, is
    /// evicted, and waited for no longer: it gets a <see cref="SubscriberEvictedException"/>. What it read in the last eighth of the
    /// ring may count as not read yet. From half of <see cref="Capacity"/> to all of it; 0 (the default) for never. Publishers then wait for no subscriber, except one that is just joining, and subscribers read copies.
    /// </summary>
    public int EvictionLag { get; init; }

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
    /// The permission bits of a new file: 600, 640 or 660 in octal; unless told, those of the bus, and 600 without one. Bits for the group also mean that this process accepts
    /// files and directories which belong to others of the group: whoever can write a topic can feed its readers anything.
    /// </summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>
    /// The id of the group that a new file is given to, and the only one that <see cref="Mode"/> lets in. Null takes that of the bus;
    /// where there is none, it leaves a new file's group to the system, and lets in every group that this process is in.
    /// </summary>
    public int? Group { get; init; }

    /// <summary>
    /// Whether awaiters of this process's endpoints are run on the very thread that was woken for them, which spares the way through
    /// the thread pool. That thread is one for many endpoints: none of them goes on meanwhile, so awaiters must be brief and
    /// never block. Off unless told.
    /// </summary>
    public bool AllowSynchronousContinuations { get; init; }

    /// <summary>
    /// Whether the other processes on the topic are trusted, as they are unless told: whoever may open a file may do anything to what is
    /// in it. Set it to false where they are not, as in a region that was passed to another program. It is a matter of this process alone,
    /// and of the endpoints that it creates:
    /// <list type="bullet">
    /// <item>A subscriber copies each message once to memory of its own, and then checks and hands out the copy: what a publisher
    /// writes into it later changes nothing that was checked, and nothing that a handler sees. Nothing is allocated for a message.
    /// A round trip of 64 bytes then takes about 1.25 times as long, one of 1,024 bytes about 1.2 times; reading alone, of what is in the
    /// processor's cache already, about 4.5 times and 1.5 times.</item>
    /// <item>Every sleep has an end, whether or not somebody wakes: it lasts 1 s at most, and 10 ms at most while a peer has in hand what is
    /// waited for (a claim, or room). Then the endpoint looks again. So a peer that does not wake, or undoes the wakes of others, only costs
    /// time. One that lives and keeps a claim open, or reads nothing, is waited for as ever: time-outs and cancellation are for that.</item>
    /// </list>
    /// </summary>
    public bool TrustPeers { get; init; } = true;

    /// <summary>
    /// Wakes sleepers through eventfds, one for each publisher and subscriber that the topic may have, and not through words in its memory:
    /// for peers whose thread must sleep on other descriptors as well, in a loop of epoll or poll. Only for
    /// <see cref="Topic.CreateAnonymous(TopicOptions?)"/>, and what is made as one: the eventfds are handed over with the region. Off unless told.
    /// </summary>
    /// <remarks>
    /// The topic, and each endpoint, have a descriptor for each eventfd: with many slots that adds up against the limit of open files. To wake and to
    /// sleep takes a system call more than without. Only among peers that trust each other, so not without <see cref="TrustPeers"/>: there is one count for
    /// each slot, and whoever has it can take wakes away from its owner, who then sleeps on though there is a message, or make whoever wakes it block.
    /// </remarks>
    public bool Eventfds { get; init; }

    /// <summary>What keeps a topic of a bus from being made of them, as far as that can be said without making one.</summary>
    /// <returns>Each begins with the name of a property, and says what was expected; empty if all is well.</returns>
    public IReadOnlyList<string> FindProblems() => [.. FormProblems(), .. UseProblems(mayHaveEventfds: false)];

    /// <summary>Those that a topic was made with.</summary>
    internal static TopicOptions Of(Topic topic) => new()
    {
        Capacity = topic.Capacity,
        Publishers = topic.Publishers,
        Lanes = topic.Lanes,
        Delivery = topic.Delivery,
        Subscribers = topic.Subscribers,
        Overflow = topic.Overflow,
        EvictionLag = topic.EvictionLag,
    };

    /// <summary>Whether an anonymous topic can be made of them, before there is one.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    internal void CheckAnonymous()
    {
        RefuseLanes();
        _ = ToRegionOptions(mayHaveEventfds: true);
        _ = ToHeader();
    }

    internal void RefuseLanes()
    {
        if (Lanes)
        {
            throw new ArgumentException($"{nameof(Lanes)} is set: lanes are files beside the topic's, so they need a topic with a path.");
        }
    }

    internal RegionOptions ToRegionOptions(bool mayHaveEventfds = false)
    {
        RegionOptions.ThrowFirst(UseProblems(mayHaveEventfds));
        return new RegionOptions(PopulateLimit, Lock, HugePages, Mode ?? RegionOptions.OwnerOnly, (uint?)Group, TrustPeers);
    }

    internal RegionHeader ToHeader()
    {
        RegionOptions.ThrowFirst(FormProblems());
        int page = Environment.SystemPageSize;
        _ = RegionGeometry.TryCreate(page, Publishers, Subscribers, Capacity, out RegionGeometry geometry);
        if (Lanes)
        {
            // No message goes through the hub: the least ring will do.
            _ = RegionGeometry.TryCreate(page, Publishers, subscriberSlots: 1, page, out geometry);
        }
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        uint producers = Lanes ? RegionHeader.Lanes : Publishers == 1 ? RegionHeader.OneProducer : RegionHeader.ManyProducers;
        return new RegionHeader(geometry, RegionFactory.NewKey(), producers, (uint)Delivery, (uint)Overflow, now)
        {
            LaneCapacity = Lanes ? Capacity : 0,
            EvictionLag = EvictionLag,
        };
    }

    /// <summary>What is wrong with how a process maps it.</summary>
    private IEnumerable<string> UseProblems(bool mayHaveEventfds)
    {
        if (Eventfds && !mayHaveEventfds)
        {
            yield return $"{nameof(Eventfds)} is set: only an anonymous topic (Topic.CreateAnonymous) has eventfds, which are handed over with its region; others find no descriptors by a path, and within a process there is no need of them.";
        }
        if (Eventfds && !TrustPeers)
        {
            yield return $"{nameof(Eventfds)} is set, and {nameof(TrustPeers)} is not: by an eventfd a peer can make this process block.";
        }
        foreach (string problem in RegionOptions.FindProblems(Mode ?? RegionOptions.OwnerOnly, Group))
        {
            yield return problem;
        }
        if (PopulateLimit < 0)
        {
            yield return $"{nameof(PopulateLimit)} is {PopulateLimit}; expected a number of bytes, 0 for never.";
        }
    }

    /// <summary>What is wrong with how it is made.</summary>
    private IEnumerable<string> FormProblems()
    {
        if (Publishers is < 1 or > RegionDescriptor.MaxSlots)
        {
            yield return $"{nameof(Publishers)} is {Publishers}; expected 1 to {RegionDescriptor.MaxSlots}.";
        }
        if (!Enum.IsDefined(Delivery))
        {
            yield return $"{nameof(Delivery)} is {(int)Delivery}; expected one of the named values.";
        }
        if (!Enum.IsDefined(Overflow))
        {
            yield return $"{nameof(Overflow)} is {(int)Overflow}; expected one of the named values.";
        }
        if (Subscribers is < 1 or > RegionDescriptor.MaxSlots)
        {
            yield return $"{nameof(Subscribers)} is {Subscribers}; expected 1 to {RegionDescriptor.MaxSlots}.";
        }
        else if (Delivery == Delivery.Queue && Subscribers != 1)
        {
            yield return $"{nameof(Subscribers)} is {Subscribers}: a queue has one subscriber at a time; several get the same messages by Delivery.Broadcast.";
        }
        if (Delivery == Delivery.Queue && Overflow != Overflow.Wait)
        {
            yield return $"{nameof(Overflow)} is {Overflow}: in a queue nothing is written over; use Delivery.Broadcast.";
        }
        if (Delivery == Delivery.Broadcast && Lanes)
        {
            yield return $"{nameof(Lanes)} is set: lanes bring many publishers together to the one subscriber of a queue; a broadcast has a ring for all.";
        }
        if (Delivery == Delivery.Broadcast && Overflow == Overflow.Overwrite && Publishers != 1)
        {
            yield return $"{nameof(Publishers)} is {Publishers}: only one publisher can overwrite; use Overflow.Wait, with EvictionLag where slow subscribers may be dropped.";
        }
        // The slots are none of the capacity's business.
        if (RegionGeometry.TryCreate(Environment.SystemPageSize, publisherSlots: 1, subscriberSlots: 1, Capacity, out _) is string wrong)
        {
            yield return $"{nameof(Capacity)} cannot be used: {wrong}.";
        }
        else if (EvictionProblem() is string problem)
        {
            yield return problem;
        }
    }

    private string? EvictionProblem() =>
        EvictionLag == 0 ? null
        : Delivery == Delivery.Queue ? $"{nameof(EvictionLag)} is {EvictionLag}: the one subscriber of a queue is never evicted; use Delivery.Broadcast."
        : Overflow == Overflow.Overwrite ? $"{nameof(EvictionLag)} is {EvictionLag}: where messages are overwritten, nobody is waited for, and nobody evicted."
        : EvictionLag < Capacity / 2 || EvictionLag > Capacity
            ? $"{nameof(EvictionLag)} is {EvictionLag}; expected 0, or from half of {nameof(Capacity)} ({Capacity / 2}) to all of it."
        : null;
}

/// <summary>Who gets a message.</summary>
public enum Delivery
{
    /// <summary>One subscriber. What was not read waits for it, also when there is none.</summary>
    Queue,

    /// <summary>
    /// Every subscriber that is there, and every place that is kept under a name. Where there is none, messages are published for nobody.
    /// </summary>
    Broadcast,
}

/// <summary>What happens when the ring is full.</summary>
public enum Overflow
{
    /// <summary>Publishers wait for the slowest subscriber, or evict it: <see cref="TopicOptions.EvictionLag"/>.</summary>
    Wait,

    /// <summary>
    /// The one publisher of a broadcast writes over the oldest messages, and never waits. A subscriber that was too slow is told how many
    /// bytes it missed (<see cref="Subscriber.Lost"/>), and goes on with messages that are intact.
    /// </summary>
    Overwrite,
}

/// <summary>Where a new subscriber of a broadcast begins.</summary>
public enum JoinAt
{
    /// <summary>With the next message that is published. The default.</summary>
    End,

    /// <summary>
    /// With the oldest message that is surely still there. How many that are depends on the other subscribers: what all of them have
    /// read may be gone. Where slow subscribers are evicted, at most half of <see cref="TopicOptions.EvictionLag"/>.
    /// </summary>
    Oldest,
}

/// <summary>When a message counts as delivered: what the next subscriber gets of one that this subscriber died with.</summary>
public enum Acknowledge
{
    /// <summary>At least once: a message that the subscriber died with, or whose handler threw, is delivered again. The default.</summary>
    AfterHandling,

    /// <summary>At most once: it is not delivered again.</summary>
    BeforeHandling,

    /// <summary>
    /// At least once, and a message counts as delivered when <see cref="Subscriber.Acknowledge"/> says so: the subscriber may read on meanwhile.
    /// Publishers wait for the room of what is not acknowledged, as of what is not read. Not where messages are overwritten.
    /// </summary>
    Explicitly,
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
