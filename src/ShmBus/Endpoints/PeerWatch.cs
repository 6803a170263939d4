using ShmBus.Rings;

namespace ShmBus.Endpoints;

/// <summary>
/// Whether somebody died since the last look: a slot's owner is dead, or there is another owner. Most closes of a file mean
/// neither, and must not disturb anybody. Called through the death watch only, by one thread at a time.
/// </summary>
internal sealed class PeerWatch(SlotOwner owner)
{
    private readonly uint[][] _generations = [new uint[owner.Slots(EndpointRole.Publisher)], new uint[owner.Slots(EndpointRole.Subscriber)]];
    private readonly ulong[] _dead = new ulong[2];

    /// <summary>Looks at every slot. One system call for each slot in use.</summary>
    internal bool HaveChanged()
    {
        bool changed = false;
        foreach (EndpointRole role in (ReadOnlySpan<EndpointRole>)[EndpointRole.Publisher, EndpointRole.Subscriber])
        {
            uint[] generations = _generations[(int)role];
            for (int i = 0; i < generations.Length; i++)
            {
                uint generation = owner.Generation(role, i);
                changed |= generation != generations[i];
                generations[i] = generation;
            }
            ulong dead = owner.FindDead(role);
            changed |= (dead & ~_dead[(int)role]) != 0;
            _dead[(int)role] = dead;
        }
        return changed;
    }
}
