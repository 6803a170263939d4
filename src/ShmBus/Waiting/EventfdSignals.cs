using Microsoft.Win32.SafeHandles;
using ShmBus.Native;
using ShmBus.Regions;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>
/// Sleeping on the eventfd of one's own slot and waking its owner there: what a loop over many descriptors can wait for. The word is
/// bumped all the same, and tells a sleeper that it need not sleep; nobody sleeps on it.
/// </summary>
/// <remarks>
/// <para>The sleeper: says that it sleeps, looks in vain, waits until the count of its eventfd is not 0, takes it back to 0, looks again.
/// The waker: publishes, finds that the sleeper sleeps, bumps its word, adds 1 to its count.</para>
/// <para>No wake is lost. The count stays until the sleeper takes it, so it does not matter whether the waker adds to it before the
/// sleeper waits or afterwards. And the sleeper takes it only on its way to a look: what it takes was added after what is waited for was
/// published, so the look finds that. A count that comes late, after its sleeper saw the bumped word or the message and went on, ends the
/// next sleep early, and does nothing else: each sleep may end for no reason. A full count is one that is not 0.</para>
/// <para>Only the owner of a slot takes its count, in one place at a time: it sleeps here, or without a thread in
/// <see cref="EventfdThread"/>.</para>
/// </remarks>
internal sealed unsafe class EventfdSignals(Region region, RegionEvents events) : Signals, IAsyncWaits
{
    private readonly byte* _table = region.Address + region.Geometry.TableOffset;

    /// <inheritdoc/>
    internal override bool BarrierBeforeSleeping() => Barrier.BeforeSleeping();

    /// <inheritdoc/>
    internal override void Sleep(uint* word, uint expected, long deadline)
    {
        if (Atomic.LoadAcquire(word) != expected) // pairs with Waker and Parking.WakeSelf: the word, then the count
        {
            return;
        }
        SafeFileHandle eventfd = EventOf(word);
        if (Libc.WaitEventfd(eventfd, deadline < 0 ? -1 : Math.Max(0, deadline - Clock.Nanoseconds)))
        {
            Libc.DrainEventfd(eventfd);
        }
    }

    /// <inheritdoc/>
    internal override void Wake(uint* word) => Libc.SignalEventfd(EventOf(word));

    public AsyncSleep Join(uint* word, IAsyncSleeper sleeper) => EventfdThread.Join(EventOf(word), word, sleeper);

    /// <summary>That of the slot whose word it is.</summary>
    private SafeFileHandle EventOf(uint* word) => events.Handles[(int)(((byte*)word - _table) / RegionDescriptor.SlotSize)];
}
