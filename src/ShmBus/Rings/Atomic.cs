using System.Runtime.CompilerServices;

namespace ShmBus.Rings;

/// <summary>
/// The only words in which this library speaks of the order of memory accesses. Each use names the one it pairs with.
/// </summary>
/// <remarks>
/// An acquire load sees everything that the thread whose release store it reads did before that store. Neither orders a
/// store before a later load of something else: that takes a full fence, or a compiler barrier on one side and
/// <c>membarrier</c> on the other.
/// </remarks>
internal static unsafe class Atomic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong LoadAcquire(ulong* field) => Volatile.Read(ref *field);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint LoadAcquire(uint* field) => Volatile.Read(ref *field);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int LoadAcquire(ref int field) => Volatile.Read(ref field);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool LoadAcquire(ref bool field) => Volatile.Read(ref field);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreRelease(ulong* field, ulong value) => Volatile.Write(ref *field, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreRelease(uint* field, uint value) => Volatile.Write(ref *field, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreRelease(ref int field, int value) => Volatile.Write(ref field, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreRelease(ref bool field, bool value) => Volatile.Write(ref field, value);

    /// <summary>Full fence. True when the field had the expected value and now has the new one.</summary>
    internal static bool CompareExchange(ulong* field, ulong expected, ulong value) =>
        Interlocked.CompareExchange(ref *field, value, expected) == expected;

    /// <inheritdoc cref="CompareExchange(ulong*, ulong, ulong)"/>
    internal static bool CompareExchange(uint* field, uint expected, uint value) =>
        Interlocked.CompareExchange(ref *field, value, expected) == expected;

    /// <inheritdoc cref="CompareExchange(ulong*, ulong, ulong)"/>
    internal static bool CompareExchange(ref int field, int expected, int value) =>
        Interlocked.CompareExchange(ref field, value, expected) == expected;

    /// <summary>Full fence.</summary>
    internal static void Or(ulong* field, ulong bits) => Interlocked.Or(ref *field, bits);

    /// <summary>Full fence.</summary>
    internal static void And(ulong* field, ulong bits) => Interlocked.And(ref *field, bits);

    /// <summary>Full fence.</summary>
    internal static void Increment(uint* field) => Interlocked.Increment(ref *field);

    /// <summary>Raises a field that only ever grows. Full fence when it changes.</summary>
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

    /// <summary>Keeps every load before it before every access after it.</summary>
    internal static void ReadBarrier() => Volatile.ReadBarrier();

    /// <summary>Keeps every access before it before every store after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteBarrier() => Volatile.WriteBarrier();

    /// <summary>Orders every access before it before every access after it.</summary>
    internal static void FullFence() => Interlocked.MemoryBarrier();

    /// <summary>A full fence on every processor that runs a thread of this process; some microseconds.</summary>
    internal static void ProcessWideFence() => Interlocked.MemoryBarrierProcessWide();
}
