using ShmBus.Rings;

namespace ShmBus.Endpoints;

/// <summary>
/// Whether somebody died since the last look: a slot's owner is dead, or there is another owner. Most closes of a file mean
/// neither, and must not disturb anybody. Called through the death watch only, by one thread at a time.
/// </summary>
internal struct PeerWatch(SlotOwner owner)
{
    // Of all slots: publishers first.
    private readonly uint[] _generations = new uint[owner.Slots(EndpointRole.Publisher) + owner.Slots(EndpointRole.Subscriber)];
    private ulong _deadPublishers;
    private ulong _deadSubscribers;

    /// <summary>Looks at every slot. One system call for each slot in use.</summary>
    internal bool HaveChanged()
    {
        int publishers = owner.Slots(EndpointRole.Publisher);
        bool changed = HaveChanged(EndpointRole.Publisher, _generations.AsSpan(0, publishers), ref _deadPublishers);
        return HaveChanged(EndpointRole.Subscriber, _generations.AsSpan(publishers), ref _deadSubscribers) || changed;
    }

    private readonly bool HaveChanged(EndpointRole role, Span<uint> generations, ref ulong knownDead)
    {
        bool changed = false;
        for (int i = 0; i < generations.Length; i++)
        {
            uint generation = owner.Generation(role, i);
            changed |= generation != generations[i];
            generations[i] = generation;
        }
        ulong dead = owner.FindDead(role);
        changed |= (dead & ~knownDead) != 0;
        knownDead = dead;
        return changed;
    }
}
