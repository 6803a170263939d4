using System.Runtime.CompilerServices;

namespace ShmBus.Rings;

/// <summary>
/// A record: 16 bytes of header, then the payload, aligned to 16.
/// </summary>
/// <remarks>
/// <code>
///   0       8        12      16
///   +-------+--------+-------+---------------------+
///   | stamp | length | type  | payload ... padding |
///   +-------+--------+-------+---------------------+
/// stamp = ((position ^ key) &amp; ~15) | kind
/// </code>
/// A record is there when the eight bytes at its position are the stamp of that position. The stamp is written last, with
/// release, and once only in the life of a claim; what an earlier lap left behind bears another position and never looks
/// committed, so nothing is ever zeroed. The key is random, so that the payloads of users do not look like stamps either.
/// </remarks>
internal static class RecordDescriptor
{
    internal const int Alignment = 16;
    internal const int HeaderSize = 16;
    internal const int LengthOffset = 8;

    /// <summary>A short record keeps its true length in the last bytes of its extent.</summary>
    internal const int TrueLengthSize = sizeof(ulong);

    /// <summary>Within a batch each message has a header of its own, length and type, and is padded to this.</summary>
    internal const int BatchAlignment = 8;
    internal const int BatchHeaderSize = 8;

    internal const ulong KindMask = 15;

    /// <summary>The largest payload: a quarter of the ring, so that a large message can never wait for itself.</summary>
    internal static int MaxLength(long capacity) => (int)(capacity / 4);

    /// <summary>
    /// Whether a record can begin at a position. No ring gets to half of all numbers, and who begins below never wraps.
    /// </summary>
    internal static bool IsPosition(ulong position, ulong capacity) => position % Alignment == 0 && position >= capacity && position <= long.MaxValue;

    /// <summary>The bytes that a payload of a length takes up in the ring, header and padding included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Extent(uint length) => (HeaderSize + (ulong)length + (Alignment - 1)) & ~(ulong)(Alignment - 1);

    /// <summary>The bytes that a payload of a length takes up in a batch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong BatchExtent(uint length) => (BatchHeaderSize + (ulong)length + (BatchAlignment - 1)) & ~(ulong)(BatchAlignment - 1);

    /// <summary>The stamp of a position, kind 0. One XOR or OR away from the real one, or from finding out which it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong BareStamp(ulong position, ulong key) => (position ^ key) & ~KindMask;

    /// <summary>Whether what was read at a position is its stamp, of any kind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsStampOf(ulong position, ulong key, ulong read) => (read ^ BareStamp(position, key)) - 1 < KindMask;

    /// <summary>Length and type as they stand in the header, in one store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong LengthAndType(uint length, uint type) => length | (ulong)type << 32;
}

/// <summary>What a record is. 0 is never valid.</summary>
internal enum RecordKind : uint
{
    /// <summary>One message: the payload.</summary>
    Message = 1,

    /// <summary>A claim that was given up: readers pass it by.</summary>
    Aborted = 2,

    /// <summary>Several messages under one stamp: sub-records of length, type and payload.</summary>
    Batch = 3,

    /// <summary>A message shorter than what was claimed for it.</summary>
    Short = 4,

    /// <summary>A message with a block of extras in front of its payload.</summary>
    Extended = 5,
}
