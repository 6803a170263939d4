using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>
/// Slots in shared memory with eventfds that the peer inherits: what is chosen by hand where the wait must also go into a loop of epoll. One
/// read takes all that has come since the last; each message is told by a write at once, because nobody knows whether another follows.
/// </summary>
internal sealed unsafe class EventfdTransport : SlotTransport
{
    public override string Name => "eventfd";

    // The peer finds the descriptor's number, which is the same there, in shared memory.
    protected override ISlotCounter MakeCounter(byte* memory, int count) => new Counter(*(int*)memory = Eventfd.Make(count));

    protected override ISlotCounter OpenCounter(byte* memory) => new Counter(*(int*)memory);

    private sealed class Counter(int descriptor) : ISlotCounter
    {
        public int Take()
        {
            ulong count;
            Descriptor.Read(descriptor, new Span<byte>(&count, sizeof(ulong)));
            return (int)count;
        }

        public void Give(int count)
        {
            ulong added = (ulong)count;
            Descriptor.WriteAll(descriptor, new ReadOnlySpan<byte>(&added, sizeof(ulong)));
        }

        public void Dispose() => Descriptor.Close(descriptor);
    }
}
