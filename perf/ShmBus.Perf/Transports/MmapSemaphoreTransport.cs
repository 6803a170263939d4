using ShmBus.Perf.Native;

namespace ShmBus.Perf.Transports;

/// <summary>
/// Slots in a <see cref="System.IO.MemoryMappedFiles.MemoryMappedFile"/> with two POSIX semaphores for each direction: the ring of the textbook. The semaphores
/// stand in the mapped memory and have no names, which would outlive a process that is killed; else they are what sem_open makes.
/// </summary>
internal sealed unsafe class MmapSemaphoreTransport : SlotTransport
{
    public override string Name => "mmap-semaphore";

    public override string? Missing => PosixSemaphore.Missing;

    protected override ISlotCounter MakeCounter(byte* memory, int count)
    {
        PosixSemaphore.Make(memory, count);
        return new Counter(memory);
    }

    protected override ISlotCounter OpenCounter(byte* memory) => new Counter(memory);

    private sealed class Counter(byte* semaphore) : ISlotCounter
    {
        public int Take()
        {
            PosixSemaphore.Wait(semaphore);
            return 1;
        }

        public void Give(int count)
        {
            for (; count > 0; count--)
                PosixSemaphore.Post(semaphore);
        }

        // Its memory is all that it has.
        public void Dispose()
        {
        }
    }
}
