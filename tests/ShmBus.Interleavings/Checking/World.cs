using System.Runtime.InteropServices;
using ShmBus.Interleavings.Actors;
using ShmBus.Interleavings.Scheduling;
using ShmBus.Regions;

namespace ShmBus.Interleavings.Checking;

/// <summary>
/// The region that the actors share, and what really happened there: which claims were made and stamped, and what was delivered. What
/// must come of it is worked out from that alone.
/// </summary>
internal sealed unsafe class World : IDisposable
{
    private const ulong Key = 0x9E37_79B9_7F4A_7C15;

    /// <summary>In the log of deliveries: the subscriber was killed here.</summary>
    private const uint Killed = uint.MaxValue;

    private readonly MirroredMemory _mapping;
    private readonly RegionGeometry _geometry;
    private readonly ulong _start;
    private readonly List<ClaimMade> _claims = [];
    private readonly List<uint> _deliveries = [];
    private List<string>? _trace;

    internal World(Scenario scenario)
    {
        Scenario = scenario;
        string? error = RegionGeometry.TryCreate(Environment.SystemPageSize, scenario.Publishers.Length, 1, Scenario.Capacity, out _geometry);
        if (error is not null)
        {
            throw new ArgumentException(error);
        }
        _mapping = new MirroredMemory(_geometry);
        Memory = new RingMemory(_mapping.Address, _geometry, Key);
        _start = 4 * Memory.Capacity - (uint)scenario.BeforeEnd;
    }

    internal Scenario Scenario { get; }

    internal RingMemory Memory { get; }

    /// <summary>Everybody who may ever come.</summary>
    internal IReadOnlyList<Actor> Actors { get; set; } = [];

    /// <summary>Makes the region a new one.</summary>
    internal void Reset(List<string>? trace)
    {
        new Span<byte>(_mapping.Address, (int)_geometry.RegionSize).Clear();
        RingSlot subscriber = Memory.Subscriber(0);
        *Memory.Tail = *Memory.SharedGate = *subscriber.Gate = *subscriber.Resume = _start;
        _claims.Clear();
        _deliveries.Clear();
        _trace = trace;
    }

    internal bool IsAlive(EndpointRole role, int slot)
    {
        foreach (Actor actor in Actors)
        {
            if (actor.Role == role && actor.Slot == slot && actor.HasLock)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The kernel frees its lock; the death watch tells the others, who look again.</summary>
    internal void Kill(Actor actor)
    {
        Note(actor, "is killed");
        if (actor.HasLock && actor.Role == EndpointRole.Subscriber)
        {
            _deliveries.Add(Killed);
        }
        actor.Die();
        actor.Successor?.Appear();
        foreach (Actor other in Actors)
        {
            if (other.HasLock)
            {
                other.BeWoken();
            }
        }
    }

    internal ulong Load(Actor actor, ulong* field)
    {
        switch (Scenario.Fault)
        {
            case Fault.SkipsWithoutSecondLook when actor is SubscribingActor { IsSkipping: true } && field == DataAt(*Memory.Subscriber(0).Resume):
                return 0;
            case Fault.ReadsIntentsBeforeTail when actor is SubscribingActor { OldIntents: { } old } && IntentOf(field) is int slot and >= 0:
                return old[slot];
            case Fault.OverwritesWhatIsInHand when actor.Role == EndpointRole.Publisher && field == Memory.Subscriber(0).Gate:
                return *Memory.Subscriber(0).Resume;
            default:
                return *field;
        }
    }

    /// <summary>Stores. Behind a move of the tail and a stamp come plain stores, so another may go on in between.</summary>
    internal void Store(Actor actor, ulong* field, ulong value)
    {
        if (field == Memory.Tail)
        {
            Claim((PublishingActor)actor, *field, value);
            *field = value;
            actor.Step();
            StoreDelayedIntent((PublishingActor)actor);
        }
        else if (IsData(field))
        {
            *field = value;
            Stamp(actor, field, value);
            actor.Step();
        }
        else if (!IsPrevented(actor, field, value))
        {
            *field = value;
        }
    }

    /// <summary>A message was handed out.</summary>
    internal void Deliver(Actor actor, in Record record)
    {
        Note(actor, "handles message", record.Type.ToString());
        uint number = record.Type;
        ClaimMade? claim = _claims.Find(claim => claim.Publication.Numbers.Contains(number));
        if (claim is not { IsStamped: true })
        {
            throw new ViolationException($"took message {number} at {record.Position}, which nobody committed");
        }
        if (claim.Publication.Kind == PublicationKind.Message && record.Length != claim.Publication.Bytes.Length)
        {
            throw new ViolationException($"took message {number} with {record.Length} bytes instead of {claim.Publication.Bytes.Length}");
        }
        CheckStillIntact(record);
        _deliveries.Add(number);
    }

    internal static void CheckStillIntact(in Record record)
    {
        if (!Publication.IsIntact(record.Type, new ReadOnlySpan<byte>(record.Payload, record.Length)))
        {
            throw new ViolationException($"the payload of message {record.Type} at {record.Position} is not what was published");
        }
    }

    /// <summary>All that the future depends on, but for who has the turn and how far the scheduler may go.</summary>
    internal ulong Fingerprint()
    {
        RingSlot subscriber = Memory.Subscriber(0);
        ulong hash = Hash.Mix(*Memory.Tail, *Memory.SharedGate);
        for (int i = 0; i < _geometry.PublisherSlots; i++)
        {
            hash = Hash.Mix(hash, *Memory.Publisher(i).Intent);
        }
        hash = Hash.Mix(Hash.Mix(Hash.Mix(hash, *subscriber.Gate), *subscriber.Resume), *subscriber.Within);
        hash = Hash.Mix(Hash.Mix(hash, *subscriber.Losses), *subscriber.LostBytes);
        hash = Hash.Mix(hash, *subscriber.State | (ulong)*subscriber.Generation << 32);
        // Nothing is written further ahead than a line behind the tail.
        int used = (int)Math.Min(Memory.Capacity, *Memory.Tail - _start + 128);
        hash = Hash.Mix(hash, MemoryMarshal.Cast<byte, ulong>(new ReadOnlySpan<byte>(Memory.Data + (_start & (Memory.Capacity - 1)), used)));
        foreach (ClaimMade claim in _claims)
        {
            hash = Hash.Mix(Hash.Mix(hash, claim.Position | (claim.IsStamped ? 1u : 0)), (ulong)claim.Owner.Slot);
        }
        foreach (uint number in _deliveries)
        {
            hash = Hash.Mix(hash, number);
        }
        foreach (Actor actor in Actors)
        {
            ulong flags = (ulong)actor.Condition | (actor.WasWoken ? 16u : 0) | (actor.HasChanged ? 32u : 0);
            hash = Hash.Mix(Hash.Mix(hash, flags), actor.History);
        }
        return hash;
    }

    /// <summary>Nobody could take another step. What is wrong, or null.</summary>
    internal string? Check()
    {
        foreach (Actor actor in Actors)
        {
            bool isRight = actor.Condition is Condition.Dead or Condition.Absent ||
                actor.Condition == (actor.Role == EndpointRole.Publisher ? Condition.Done : Condition.Parked);
            if (!isRight)
            {
                return $"{actor.Name} sleeps for ever";
            }
        }
        RingSlot subscriber = Memory.Subscriber(0);
        if (*subscriber.Resume != *Memory.Tail || *subscriber.Gate != *Memory.Tail)
        {
            return $"the tail is {*Memory.Tail}, but the subscriber sleeps at {*subscriber.Resume}, with the gate at {*subscriber.Gate}";
        }
        return CheckDeliveries() ?? CheckLosses();
    }

    /// <summary>Into the trace, if there is one.</summary>
    internal void Note(Actor actor, string what, string? whom = null) => _trace?.Add(whom is null ? $"{actor.Name} {what}" : $"{actor.Name} {what} {whom}");

    /// <inheritdoc cref="Note(Actor, string, string?)"/>
    internal void Note(Actor actor, string what, void* field, ulong value) => 
        _trace?.Add($"{actor.Name} {what} {NameOf((byte*)field)}: {(IsData(field) && value != 0 ? $"position {(value ^ Key) & ~15ul}, kind {value & 15}" : value)}");

    public void Dispose() => _mapping.Dispose();

    /// <summary>In the order of their positions; each once, but for the one in hand when a subscriber was killed.</summary>
    private string? CheckDeliveries()
    {
        uint[] committed = [.. _claims.Where(static claim => claim.IsStamped).SelectMany(static claim => claim.Publication.Numbers)];
        int next = 0;
        bool afterKill = false;
        foreach (uint number in _deliveries)
        {
            if (number == Killed)
            {
                afterKill = true;
                continue;
            }
            bool isRepeated = afterKill && !Scenario.AtMostOnce && next > 0 && committed[next - 1] == number;
            if (!isRepeated)
            {
                next += afterKill && Scenario.AtMostOnce && next + 1 < committed.Length && committed[next + 1] == number ? 1 : 0;
                if (next == committed.Length || committed[next] != number)
                {
                    return Wrong();
                }
                next++;
            }
            afterKill = false;
        }
        bool isLastMissed = afterKill && Scenario.AtMostOnce && next == committed.Length - 1;
        return next == committed.Length || isLastMissed ? null : Wrong();

        string Wrong() => $"committed were {string.Join(' ', committed)}; delivered {string.Join(' ', _deliveries.Select(static number => number == Killed ? "(killed)" : $"{number}"))}";
    }

    private string? CheckLosses()
    {
        ulong lost = 0;
        ulong holes = 0;
        ulong leastLosses = 0;
        ulong end = 0;
        foreach (ClaimMade claim in _claims.Where(static claim => !claim.IsStamped))
        {
            if (claim.Owner.Condition != Condition.Dead)
            {
                return $"{claim.Owner.Name} lives and did not close its claim at {claim.Position}";
            }
            lost += claim.Extent;
            holes++;
            // Two side by side may be found as one.
            leastLosses += end == claim.Position ? 0u : 1;
            end = claim.Position + claim.Extent;
        }
        // A subscriber that was killed while it counted did not get to moving on, and its successor counts again.
        ulong kills = (ulong)_deliveries.Count(static number => number == Killed);
        ulong losses = *Memory.Subscriber(0).Losses;
        ulong lostBytes = *Memory.Subscriber(0).LostBytes;
        bool isRight = losses >= leastLosses && losses <= holes + (holes == 0 ? 0 : kills) && lostBytes >= lost && lostBytes <= lost * (1 + kills);
        return isRight ? null : $"{holes} claims with {lost} bytes were left open by the dead; counted were {losses} with {lostBytes}";
    }

    private void Claim(PublishingActor owner, ulong from, ulong to)
    {
        Publication publication = owner.Open!;
        ulong extent = (16 + (ulong)publication.Claimed + 15) / 16 * 16;
        if (to - from != extent)
        {
            throw new ViolationException($"moved the tail from {from} to {to}; its claim takes {extent}");
        }
        if (_claims.Exists(claim => claim.Owner == owner && !claim.IsStamped))
        {
            throw new ViolationException($"has two claims open, the second at {from}");
        }
        _claims.Add(new ClaimMade(owner, publication, from, extent));
    }

    private void Stamp(Actor actor, ulong* field, ulong value)
    {
        ClaimMade? claim = _claims.Find(claim => claim.Owner == actor && !claim.IsStamped);
        RecordKind kind = claim?.Publication.Kind switch
        {
            PublicationKind.Message => claim.Publication.Claimed - (uint)claim.Publication.Bytes.Length < 16 ? RecordKind.Message : RecordKind.Short,
            PublicationKind.Batch => RecordKind.Batch,
            _ => RecordKind.Aborted,
        };
        if (claim is null || field != DataAt(claim.Position) || value != (((claim.Position ^ Key) & ~15ul) | (ulong)kind))
        {
            throw new ViolationException($"stamped what is not its claim, at index {(byte*)field - Memory.Data}");
        }
        claim.IsStamped = true;
    }

    /// <summary>What a fault makes of a store.</summary>
    private bool IsPrevented(Actor actor, ulong* field, ulong value)
    {
        if (actor is not PublishingActor { Open: not null } publisher || IntentOf(field) < 0)
        {
            return false;
        }
        if (Scenario.Fault == Fault.StoresIntentAfterTail && value != 0)
        {
            publisher.DelayedIntent = value;
            return true;
        }
        return Scenario.Fault == Fault.GivesUpWithIntent && value == 0;
    }

    private void StoreDelayedIntent(PublishingActor actor)
    {
        if (actor.DelayedIntent != 0)
        {
            *Memory.Publisher(actor.Slot).Intent = actor.DelayedIntent;
            actor.DelayedIntent = 0;
        }
    }

    private ulong* DataAt(ulong position) => (ulong*)(Memory.Data + (position & (Memory.Capacity - 1)));

    private bool IsData(void* field) => (byte*)field >= Memory.Data;

    /// <summary>Whose intent a field is, by slot; -1: nobody's.</summary>
    private int IntentOf(ulong* field)
    {
        for (int i = 0; i < _geometry.PublisherSlots; i++)
        {
            if (field == Memory.Publisher(i).Intent)
            {
                return i;
            }
        }
        return -1;
    }

    private string NameOf(byte* field)
    {
        if (IsData(field))
        {
            return $"stamp at index {field - Memory.Data}";
        }
        long offset = field - _mapping.Address;
        if (offset < _geometry.TableOffset)
        {
            return offset == RegionDescriptor.TailOffset ? "tail" : "sharedGate";
        }
        int slot = (int)(offset - _geometry.TableOffset) / RegionDescriptor.SlotSize;
        bool publishes = slot < _geometry.PublisherSlots;
        string name = (offset % RegionDescriptor.SlotSize) switch
        {
            RegionDescriptor.GateOffset => publishes ? "intent" : "gate",
            RegionDescriptor.ResumeOffset => "resume",
            RegionDescriptor.WithinOffset => "within",
            RegionDescriptor.StateOffset => "state",
            RegionDescriptor.GenerationOffset => "generation",
            RegionDescriptor.MessagesOffset => "messages",
            RegionDescriptor.LossesOffset => "losses",
            RegionDescriptor.LostBytesOffset => "lost bytes",
            _ => $"offset {offset}",
        };
        return publishes ? $"{name} of publisher slot {slot}" : name;
    }

    private sealed record ClaimMade(PublishingActor Owner, Publication Publication, ulong Position, ulong Extent)
    {
        internal bool IsStamped { get; set; }
    }
}

/// <summary>Something happened that must not.</summary>
internal sealed class ViolationException(string message) : Exception(message);
