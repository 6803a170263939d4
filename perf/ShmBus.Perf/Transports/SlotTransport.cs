namespace ShmBus.Perf.Transports;

/// <summary>
/// What people write by hand: a ring of slots in memory that both processes map, for each direction, and two counters of the kernel's that
/// say how many slots are free and how many are full.
/// </summary>
internal abstract unsafe class SlotTransport : ChannelTransport
{
    private const int SlotsOffset = 4096;

    // Before the slots, each counter has memory of its own; two for each direction.
    private const int CounterSize = 128;

    /// <summary>Makes a counter.</summary>
    /// <param name="memory">A cache line of its own, zero, in which the peer finds what it needs to know.</param>
    /// <param name="count">What it starts with.</param>
    protected abstract ISlotCounter MakeCounter(byte* memory, int count);

    protected abstract ISlotCounter OpenCounter(byte* memory);

    protected sealed override MessageChannel Create(ChannelSettings settings)
    {
        var memory = SharedFile.Create(settings, SlotsOffset + 2 * LengthOf(settings));
        return new Slots(memory, RingOf(settings, memory, direction: 0, isNew: true), RingOf(settings, memory, direction: 1, isNew: true));
    }

    protected sealed override MessageChannel Open(ChannelSettings settings)
    {
        var memory = SharedFile.Open(settings);
        return new Slots(memory, RingOf(settings, memory, direction: 1, isNew: false), RingOf(settings, memory, direction: 0, isNew: false));
    }

    private SlotRing RingOf(ChannelSettings settings, SharedFile memory, int direction, bool isNew)
    {
        byte* free = memory.Start + direction * 2 * CounterSize;
        byte* full = free + CounterSize;
        byte* slots = memory.Start + SlotsOffset + (nint)direction * LengthOf(settings);
        int count = SlotRing.CountOf(settings);
        return isNew
            ? new SlotRing(slots, settings, MakeCounter(free, count), MakeCounter(full, 0))
            : new SlotRing(slots, settings, OpenCounter(free), OpenCounter(full));
    }

    private static int LengthOf(ChannelSettings settings) => SlotRing.CountOf(settings) * SlotRing.ExtentOf(settings);

    private sealed class Slots(SharedFile memory, SlotRing outgoing, SlotRing incoming) : MessageChannel
    {
        public override Span<byte> Claim(int length) => outgoing.Claim(length);

        public override void Commit() => outgoing.Commit();

        public override ReadOnlySpan<byte> Next() => incoming.Next();

        public override void Dispose()
        {
            outgoing.Dispose();
            incoming.Dispose();
            memory.Dispose();
        }
    }
}
