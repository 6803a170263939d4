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

    private readonly MirroredMemory _mapping;
    private readonly RegionGeometry _geometry;
    private readonly ulong _start;
    private readonly List<ClaimMade> _claims = [];
    private readonly ReaderLog[] _logs;
    private List<string>? _trace;

    internal World(Scenario scenario)
    {
        Scenario = scenario;
        string? error = RegionGeometry.TryCreate(Environment.SystemPageSize, scenario.Publishers.Length, scenario.Subscribers.Length, Scenario.Capacity, out _geometry);
        if (error is not null)
        {
            throw new ArgumentException(error);
        }
        _mapping = new MirroredMemory(_geometry);
        Memory = new RingMemory(_mapping.Address, _geometry, Key, scenario.Rules);
        _logs = [.. scenario.Subscribers.Select(_ => new ReaderLog(scenario))];
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
        *Memory.Tail = *Memory.SharedGate = _start;
        for (int i = 0; i < _geometry.SubscriberSlots; i++)
        {
            *Memory.Subscriber(i).Gate = *Memory.Subscriber(i).Resume = _start;
            _logs[i].Clear();
        }
        _claims.Clear();
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
            _logs[actor.Slot].Add(ReaderEvent.Killed);
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

    /// <summary>A subscriber begins.</summary>
    internal void Begin(Actor actor, ulong position, bool isNew) => _logs[actor.Slot].Add(isNew ? ReaderEvent.Began : ReaderEvent.WentOn, position);

    /// <summary>A subscriber was told that it missed what lies below.</summary>
    internal void Miss(Actor actor, ulong end) => _logs[actor.Slot].Add(ReaderEvent.Missed, end);

    /// <summary>A subscriber leaves, or was evicted.</summary>
    internal void End(Actor actor) => _logs[actor.Slot].Add(ReaderEvent.Left);

    internal uint Load(Actor actor, uint* field)
    {
        if (actor is SubscribingActor { Copying: not null } && field == Memory.Subscriber(actor.Slot).State)
        {
            return (uint)SlotState.Active;
        }
        if (Scenario.Fault == Fault.TakesPlacesForNothing && actor.Role == EndpointRole.Publisher && IsKept(field))
        {
            return 0;
        }
        return *field;
    }

    internal ulong Load(Actor actor, ulong* field)
    {
        if (Scenario.Fault == Fault.GoesByWhatIsShared && actor.Role == EndpointRole.Publisher && IsGate(field))
        {
            return Math.Max(*Memory.SharedGate, *field);
        }
        if (Memory.Rules.AreLossy && actor.Role == EndpointRole.Subscriber && IsData(field))
        {
            // A copy of the record is made behind this load.
            actor.Learn(Hash.Mix(0, new ReadOnlySpan<ulong>(field, (int)(Memory.Capacity / 4 + RecordDescriptor.HeaderSize) / sizeof(ulong))));
        }
        switch (Scenario.Fault)
        {
            case Fault.SkipsWithoutSecondLook when actor is SubscribingActor { IsSkipping: true } && field == DataAt(*Memory.Subscriber(0).Resume):
                return 0;
            case Fault.ReadsIntentsBeforeTail when actor is SubscribingActor { OldIntents: { } old } && IntentOf(field) is int slot and >= 0:
                return old[slot];
            case Fault.BelievesEveryCopy when actor is SubscribingActor { Copying: ulong position } && field == Memory.Tail:
                return position;
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
        else if (Scenario.Fault is (Fault.JoinsWithoutSayingSo or Fault.TakesOverInTwoSteps) &&
            actor.Role == EndpointRole.Subscriber && field == Memory.Subscriber(actor.Slot).StateAndGeneration)
        {
            *Memory.Subscriber(actor.Slot).Generation = (uint)(value >> 32);
            if (Scenario.Fault == Fault.TakesOverInTwoSteps)
            {
                actor.Step();
                *Memory.Subscriber(actor.Slot).State = (uint)value;
            }
        }
        else if (!IsPrevented(actor, field, value))
        {
            CheckEviction(actor, field, value);
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
        _logs[actor.Slot].Add(ReaderEvent.Got, number);
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
        ulong hash = Hash.Mix(*Memory.Tail, *Memory.SharedGate);
        for (int i = 0; i < _geometry.PublisherSlots; i++)
        {
            hash = Hash.Mix(hash, *Memory.Publisher(i).Intent);
        }
        for (int i = 0; i < _geometry.SubscriberSlots; i++)
        {
            RingSlot subscriber = Memory.Subscriber(i);
            hash = Hash.Mix(Hash.Mix(Hash.Mix(hash, *subscriber.Gate), *subscriber.Resume), *subscriber.Within);
            hash = Hash.Mix(Hash.Mix(Hash.Mix(hash, *subscriber.Losses), *subscriber.LostBytes), *subscriber.MissedBytes | *subscriber.IsKept);
            hash = Hash.Mix(hash, *subscriber.StateAndGeneration);
            hash = _logs[i].Mix(hash);
        }
        // Nothing is written further ahead than a line behind the tail.
        int used = (int)Math.Min(Memory.Capacity, *Memory.Tail - _start + 128);
        hash = Hash.Mix(hash, MemoryMarshal.Cast<byte, ulong>(new ReadOnlySpan<byte>(Memory.Data + (_start & (Memory.Capacity - 1)), used)));
        foreach (ClaimMade claim in _claims)
        {
            hash = Hash.Mix(Hash.Mix(hash, claim.Position | (claim.IsStamped ? 1u : 0)), (ulong)claim.Owner.Slot);
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
            bool isRight = actor.Condition is Condition.Dead or Condition.Absent or Condition.Done ||
                (actor.Role == EndpointRole.Subscriber && actor.Condition == Condition.Parked);
            if (!isRight)
            {
                return $"{actor.Name} sleeps for ever";
            }
        }
        foreach (Actor actor in Actors)
        {
            RingSlot slot = Memory.Slot(actor.Role, actor.Slot);
            if (actor.Condition == Condition.Parked && (*slot.Resume != *Memory.Tail || *slot.Gate != *Memory.Tail))
            {
                return $"the tail is {*Memory.Tail}, but {actor.Name} sleeps at {*slot.Resume}, with the gate at {*slot.Gate}";
            }
        }
        return CheckClaims() ?? CheckReaders();
    }

    /// <summary>Into the trace, if there is one.</summary>
    internal void Note(Actor actor, string what, string? whom = null) => _trace?.Add(whom is null ? $"{actor.Name} {what}" : $"{actor.Name} {what} {whom}");

    /// <inheritdoc cref="Note(Actor, string, string?)"/>
    internal void Note(Actor actor, string what, void* field, ulong value) => 
        _trace?.Add($"{actor.Name} {what} {NameOf((byte*)field)}: {(IsData(field) && value != 0 ? $"position {(value ^ Key) & ~15ul}, kind {value & 15}" : value)}");

    public void Dispose() => _mapping.Dispose();

    private string? CheckClaims()
    {
        ClaimMade? open = _claims.Find(static claim => !claim.IsStamped && claim.Owner.Condition != Condition.Dead);
        return open is null ? null : $"{open.Owner.Name} lives and did not close its claim at {open.Position}";
    }

    private string? CheckReaders()
    {
        for (int i = 0; i < _logs.Length; i++)
        {
            RingSlot slot = Memory.Subscriber(i);
            string? wrong = _logs[i].CheckDeliveries(_claims) ?? _logs[i].CheckLosses(_claims, *slot.Losses, *slot.LostBytes);
            if (wrong is not null)
            {
                return wrong;
            }
        }
        return null;
    }

    /// <summary>Who is evicted for a claim must have begun below what that needs.</summary>
    private void CheckEviction(Actor actor, ulong* field, ulong value)
    {
        for (int i = 0; i < _geometry.SubscriberSlots; i++)
        {
            RingSlot slot = Memory.Subscriber(i);
            if (field == slot.StateAndGeneration && (uint)value == (uint)SlotState.Evicted)
            {
                ulong needed = *Memory.Tail + RecordDescriptor.Extent(((PublishingActor)actor).Open!.Claimed) - Memory.Window;
                ulong from = (uint)*field == (uint)SlotState.Active ? _logs[i].Start : *slot.Resume;
                if (from >= needed)
                {
                    throw new ViolationException($"evicts one that began at {from}, for what needs {needed}");
                }
            }
        }
    }

    private bool IsGate(ulong* field)
    {
        for (int i = 0; i < _geometry.SubscriberSlots; i++)
        {
            if (field == Memory.Subscriber(i).Gate)
            {
                return true;
            }
        }
        return false;
    }

    private bool IsKept(uint* field)
    {
        for (int i = 0; i < _geometry.SubscriberSlots; i++)
        {
            if (field == Memory.Subscriber(i).IsKept)
            {
                return true;
            }
        }
        return false;
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
            RegionDescriptor.MissedBytesOffset => "missed bytes",
            RegionDescriptor.IsKeptOffset => "kept",
            _ => $"offset {offset}",
        };
        return publishes ? $"{name} of publisher slot {slot}" : _geometry.SubscriberSlots == 1 ? name : $"{name} of subscriber slot {slot - _geometry.PublisherSlots}";
    }
}

/// <summary>A claim that was made.</summary>
internal sealed record ClaimMade(PublishingActor Owner, Publication Publication, ulong Position, ulong Extent)
{
    internal bool IsStamped { get; set; }
}

/// <summary>Something happened that must not.</summary>
internal sealed class ViolationException(string message) : Exception(message);
