using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Endpoints;

/// <summary>What an endpoint's slot says about it, for people to read. Nothing in the library relies on it.</summary>
/// <param name="Role">Publisher or subscriber.</param>
/// <param name="Slot">The index of its slot.</param>
/// <param name="IsAlive">Whether a living process holds the slot.</param>
/// <param name="ProcessId">Its process, as that process sees its own id: in another PID namespace it has another.</param>
/// <param name="ProcessName">The file name of its program.</param>
/// <param name="JoinedAt">When it took the slot.</param>
/// <param name="Messages">Messages that it published or was done with; brought up to date now and then.</param>
/// <param name="Losses">Subscriber: how often it passed by claims that died with their owner, in the life of the topic.</param>
/// <param name="LostBytes">Subscriber: the bytes of the ring that those took up.</param>
public sealed record EndpointInfo(
    EndpointRole Role, int Slot, bool IsAlive, int ProcessId, string ProcessName, DateTimeOffset JoinedAt, long Messages, long Losses, long LostBytes)
{
    /// <summary>Subscriber of a broadcast: the name under which its place is kept, or null.</summary>
    public string? PlaceName { get; private init; }

    /// <summary>Subscriber: whether it was evicted because it lagged too far.</summary>
    public bool IsEvicted { get; private init; }

    /// <summary>Subscriber: the bytes that were overwritten, or given up for it, before it read them.</summary>
    public long MissedBytes { get; private init; }

    /// <summary>Subscriber: the bytes that it has not given back yet, headers and padding included. It gives back an eighth of the ring at once.</summary>
    public long PendingBytes { get; private init; }

    /// <summary>Subscriber: the bytes from where its successor would go on to the end, headers and padding included: what it has not read, or not acknowledged.</summary>
    public long UnreadBytes { get; private init; }

    /// <summary>Subscriber: the position at which its successor would go on; null for a publisher, and in a topic of lanes, each of which has positions of its own.</summary>
    public long? Position { get; private init; }

    /// <summary>Whether it sleeps, or is about to: a subscriber for want of messages, a publisher for want of room.</summary>
    public bool IsParked { get; private init; }

    /// <summary>How often the owners of this slot went to sleep, modulo 2^32. A publisher does that when the ring is full, so for it this counts how often it was.</summary>
    public uint Sleeps { get; private init; }

    /// <summary>How often others woke the owners of this slot, modulo 2^32.</summary>
    public uint Wakes { get; private init; }

    /// <summary>How many owners the slot has had: who sees another number sees another owner. Modulo 2^32.</summary>
    public uint Generation { get; private init; }

    /// <summary>
    /// Publisher: the position of a claim that it has neither committed nor given up, and that subscribers wait behind; of one that died, until
    /// they have passed it by. Null where there is none. A living publisher has one for a moment in each message.
    /// </summary>
    public long? OpenClaim { get; private init; }

    /// <summary>This one, with what it has in one of its lanes.</summary>
    internal EndpointInfo With(EndpointInfo lane) => this with
    {
        Messages = Messages + lane.Messages,
        Losses = Losses + lane.Losses,
        LostBytes = LostBytes + lane.LostBytes,
        PendingBytes = PendingBytes + lane.PendingBytes,
        UnreadBytes = UnreadBytes + lane.UnreadBytes,
        IsParked = IsParked || lane.IsParked,
        Sleeps = Sleeps + lane.Sleeps,
        Wakes = Wakes + lane.Wakes,
        OpenClaim = OpenClaim ?? lane.OpenClaim,
        Position = null,
    };

    internal static unsafe EndpointInfo Read(in RingMemory memory, EndpointRole role, int index, bool isAlive)
    {
        RingSlot slot = memory.Slot(role, index);
        bool subscriber = role == EndpointRole.Subscriber;
        SlotState state = (SlotState)Atomic.LoadAcquire(slot.State);
        bool isKept = subscriber && memory.Rules.IsBroadcast && Atomic.LoadAcquire(slot.IsKept) != 0;
        ulong resume = Atomic.LoadAcquire(slot.Resume);
        ulong behind = state == SlotState.Active ? Atomic.LoadAcquire(slot.Gate) : resume;
        uint parked = Atomic.LoadAcquire(slot.Parked);
        ulong? claim = subscriber ? null : RingClaims.Find(memory, index, isAlive);
        // After the cursors: they are never beyond it.
        ulong tail = Atomic.LoadAcquire(memory.Tail);
        return new EndpointInfo(
            role, index, isAlive, (int)*slot.ProcessId, slot.ReadName(), RegionTime.Decode(*slot.JoinedAt),
            (long)*slot.Messages, subscriber ? (long)*slot.Losses : 0, subscriber ? (long)*slot.LostBytes : 0)
        {
            PlaceName = isKept ? slot.ReadPlaceName() : null,
            IsEvicted = subscriber && state == SlotState.Evicted,
            MissedBytes = subscriber ? (long)*slot.MissedBytes : 0,
            PendingBytes = subscriber ? (long)(tail - behind) : 0,
            UnreadBytes = subscriber ? (long)(tail - resume) : 0,
            Position = subscriber ? (long)resume : null,
            IsParked = (parked & 1) != 0,
            Sleeps = (parked >> 1) + (parked & 1),
            Wakes = Atomic.LoadAcquire(slot.FutexWord),
            Generation = Atomic.LoadAcquire(slot.Generation),
            OpenClaim = (long?)claim,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => IsAlive || PlaceName is null
        ? $"process {ProcessId} ('{ProcessName}') since {JoinedAt:u}"
        : $"nobody, but kept for '{PlaceName}'";
}

/// <summary>
/// Every slot for this kind of endpoint is held by a living process, or kept for the owner of a name. Says by which.
/// </summary>
public sealed class EndpointInUseException : InvalidOperationException
{
    internal EndpointInUseException(string path, EndpointRole role, IReadOnlyList<EndpointInfo> holders)
        : base($"'{path}' has room for {holders.Count} {Plural(role, holders.Count)}, held by {string.Join(", ", holders)}. " +
            "Wait until it ends, or use a topic of its own.")
    {
        Role = role;
        Holders = holders;
    }

    internal EndpointInUseException(string path, string place)
        : base($"In '{path}' the place '{place}' is held by a living subscriber. Wait until it ends, or use another name.")
    {
        Role = EndpointRole.Subscriber;
        Holders = [];
    }

    /// <summary>What was asked for.</summary>
    public EndpointRole Role { get; }

    /// <summary>Who holds the slots.</summary>
    public IReadOnlyList<EndpointInfo> Holders { get; }

    private static string Plural(EndpointRole role, int count)
    {
        string name = role == EndpointRole.Publisher ? "publisher" : "subscriber";
        return count == 1 ? name : name + "s";
    }
}
