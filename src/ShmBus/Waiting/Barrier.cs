using System.Runtime.CompilerServices;
using ShmBus.Native;
using ShmBus.Rings;

namespace ShmBus.Waiting;

/// <summary>
/// The store-load barrier between 'I publish, then look who sleeps' and 'I say that I sleep, then look what is published'.
/// Without it on both sides both can miss each other. The side that is about to sleep pays for both.
/// </summary>
/// <remarks>
/// A fence in every publish would cut its rate to a third. So the sleeping side makes a full barrier happen on every
/// processor that runs a thread of a registered process (<c>membarrier</c>), and a publisher in a registered process gets
/// by without. One that could not register fences for itself. Within the process the sleeper's barrier (<see cref="MonitorSignals"/>)
/// reaches every thread: there nobody needs to register.
/// </remarks>
internal static class Barrier
{
    /// <summary>Whether the barriers of other processes reach this one, where there can be such.</summary>
    private static readonly bool IsRegistered = !Syscall.IsPlatform || Libc.RegisterForMembarrier();

    /// <summary>Between publishing and looking for sleepers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void BeforeLookingForSleepers()
    {
        if (!IsRegistered)
        {
            Atomic.FullFence(); // pairs with BeforeSleeping
        }
    }

    /// <summary>Between saying that one sleeps and the last look. False when it does not reach the other side for sure.</summary>
    internal static bool BeforeSleeping()
    {
        Atomic.FullFence(); // pairs with BeforeLookingForSleepers, in processes that could not register
        return Libc.Membarrier(); // the same, in those that could
    }
}
