using System.Text;
using ShmBus.Regions;

namespace ShmBus.Rings;

/// <summary>
/// One endpoint's slot in the table. Its owner, who holds the lock on the slot's first byte, writes it; others read it. One
/// exception: anybody bumps <see cref="FutexWord"/> to wake the owner.
/// </summary>
internal readonly unsafe struct RingSlot(byte* address)
{
    /// <summary>Publisher: the position of the claim that it has open or tried last; 0 for none.</summary>
    internal ulong* Intent => (ulong*)(address + RegionDescriptor.IntentOffset);

    /// <summary>Subscriber: everything below may be overwritten. Lags behind what was read.</summary>
    internal ulong* Gate => (ulong*)(address + RegionDescriptor.GateOffset);

    /// <summary>Subscriber: where its successor goes on.</summary>
    internal ulong* Resume => (ulong*)(address + RegionDescriptor.ResumeOffset);

    /// <summary>
    /// Subscriber: the message with which its successor goes on within the batch at <see cref="Resume"/>; anything that does not
    /// lie in there means the first.
    /// </summary>
    internal ulong* Within => (ulong*)(address + RegionDescriptor.WithinOffset);

    /// <summary>Subscriber: the bytes that were overwritten before it read them. For people.</summary>
    internal ulong* MissedBytes => (ulong*)(address + RegionDescriptor.MissedBytesOffset);

    /// <summary>
    /// Subscriber of a broadcast: 1 where the place bears a name, and is kept when its owner leaves or dies.
    /// </summary>
    internal uint* IsKept => (uint*)(address + RegionDescriptor.IsKeptOffset);

    /// <summary>
    /// Odd while the owner sleeps or is about to, even while it is awake; counted up at each change, by the owner or its
    /// successor, so that each sleep has a number of its own.
    /// </summary>
    internal uint* Parked => (uint*)(address + RegionDescriptor.ParkedOffset);

    /// <summary>What the owner sleeps on. Bumped, then woken.</summary>
    internal uint* FutexWord => (uint*)(address + RegionDescriptor.FutexWordOffset);

    /// <summary>A <see cref="SlotState"/>, with the generation in one word: <see cref="StateAndGeneration"/>.</summary>
    internal uint* State => (uint*)(address + RegionDescriptor.StateOffset);

    /// <summary>State in the lower half, generation in the upper: who changes the state of another's slot must mean that owner.</summary>
    internal ulong* StateAndGeneration => (ulong*)(address + RegionDescriptor.StateOffset);

    /// <summary>How many owners the slot has had.</summary>
    internal uint* Generation => (uint*)(address + RegionDescriptor.GenerationOffset);

    internal uint* ProcessId => (uint*)(address + RegionDescriptor.ProcessIdOffset);

    internal long* JoinedAt => (long*)(address + RegionDescriptor.JoinedAtOffset);

    internal ulong* Messages => (ulong*)(address + RegionDescriptor.MessagesOffset);

    internal ulong* Losses => (ulong*)(address + RegionDescriptor.LossesOffset);

    internal ulong* LostBytes => (ulong*)(address + RegionDescriptor.LostBytesOffset);

    /// <summary>The owner's name, for people. Whatever stands there, the result is short and without control characters.</summary>
    internal string ReadName() => ReadText(NameBytes);

    /// <summary>The name of a kept place, likewise.</summary>
    internal string ReadPlaceName() => ReadText(PlaceNameBytes);

    /// <summary>Names the place. It must fit.</summary>
    internal void WritePlaceName(ReadOnlySpan<byte> name)
    {
        PlaceNameBytes.Clear();
        name.CopyTo(PlaceNameBytes);
    }

    /// <summary>Whether the place has this name.</summary>
    internal bool HasPlaceName(ReadOnlySpan<byte> name)
    {
        Span<byte> copy = stackalloc byte[RegionDescriptor.PlaceNameSize];
        PlaceNameBytes.CopyTo(copy);
        return copy.TrimEnd((byte)0).SequenceEqual(name);
    }

    /// <summary>Names the owner; what does not fit is cut off between two characters.</summary>
    internal void WriteName(string name)
    {
        NameBytes.Clear();
        Encoding.UTF8.GetEncoder().Convert(name, NameBytes, flush: true, out _, out _, out _);
    }

    private static string ReadText(ReadOnlySpan<byte> shared)
    {
        Span<byte> copy = stackalloc byte[shared.Length];
        shared.CopyTo(copy);
        int length = copy.IndexOf((byte)0);
        string text = Encoding.UTF8.GetString(copy[..(length < 0 ? copy.Length : length)]);
        return string.Concat(text.Select(character => char.IsControl(character) ? '?' : character));
    }

    private Span<byte> PlaceNameBytes => new(address + RegionDescriptor.PlaceNameOffset, RegionDescriptor.PlaceNameSize);

    private Span<byte> NameBytes => new(address + RegionDescriptor.NameOffset, RegionDescriptor.NameSize);
}

/// <summary>What a slot's owner is doing. Whether there is one, its lock tells, not this.</summary>
internal enum SlotState : uint
{
    /// <summary>Left in good order, or never used.</summary>
    Free = 0,

    /// <summary>A subscriber that is choosing where to begin.</summary>
    Joining = 1,

    /// <summary>At work, or dead.</summary>
    Active = 2,

    /// <summary>A subscriber that lagged too far: publishers wait for it no longer, and it reads no more.</summary>
    Evicted = 3,
}
