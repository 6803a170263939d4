using ShmBus.Interleavings.Actors;

namespace ShmBus.Rings;

/// <summary>
/// In the place of the library's class of this name, with the members that the rings use: before each access to shared memory the
/// scheduler decides who goes on. Accesses are sequentially consistent, so fences are nothing.
/// </summary>
internal static unsafe class Atomic
{
    internal static ulong LoadAcquire(ulong* field) => Actor.Current.Load(field);

    internal static uint LoadAcquire(uint* field) => Actor.Current.Load(field);

    internal static void StoreRelease(ulong* field, ulong value) => Actor.Current.Store(field, value);

    internal static void StoreRelease(uint* field, uint value) => Actor.Current.Store(field, value);

    internal static bool CompareExchange(ulong* field, ulong expected, ulong value) => Actor.Current.CompareExchange(field, expected, value);

    internal static void Raise(ulong* field, ulong value)
    {
        for (ulong seen = LoadAcquire(field); seen < value; seen = LoadAcquire(field))
        {
            if (CompareExchange(field, seen, value))
            {
                return;
            }
        }
    }

    internal static void FullFence()
    {
    }

    internal static void ReadBarrier()
    {
    }

    internal static void WriteBarrier()
    {
    }
}
