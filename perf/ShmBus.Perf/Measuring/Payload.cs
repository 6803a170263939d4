using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus.Perf.Measuring;

/// <summary>
/// The content of a message: its 64-bit word number j is sequence + j * <see cref="Step"/>. So the first word is the
/// sequence number, every byte follows from it, no word is the same in two messages, and both sides cost one
/// addition a vector. What is left after the last whole word is the low bytes of the next.
/// </summary>
internal static class Payload
{
    public const int MinimumSize = sizeof(ulong);

    // The golden ratio: odd, so that words are all different, and with its bits well spread.
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Span<byte> payload, ulong sequence)
    {
        ref byte start = ref MemoryMarshal.GetReference(payload);
        nint length = payload.Length;
        nint at = 0;
        ulong word = sequence;

        Vector<ulong> words = new Vector<ulong>(sequence) + Vector<ulong>.Indices * Step;
        for (; at <= length - Vector<byte>.Count; at += Vector<byte>.Count)
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, at), words);
            words += new Vector<ulong>(Step * (ulong)Vector<ulong>.Count);
        }

        word += Step * (ulong)(at / sizeof(ulong));
        for (; at <= length - sizeof(ulong); at += sizeof(ulong), word += Step)
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, at), word);
        for (; at < length; at++, word >>= 8)
            Unsafe.Add(ref start, at) = (byte)word;
    }

    /// <summary>Whether this is the message <paramref name="sequence"/> of <paramref name="size"/> bytes. Reads every byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Matches(ReadOnlySpan<byte> payload, int size, ulong sequence)
    {
        if (payload.Length != size)
            return false;

        ref byte start = ref MemoryMarshal.GetReference(payload);
        nint length = payload.Length;
        nint at = 0;
        ulong word = sequence;
        ulong difference = 0;

        Vector<ulong> words = new Vector<ulong>(sequence) + Vector<ulong>.Indices * Step;
        Vector<ulong> differences = Vector<ulong>.Zero;
        for (; at <= length - Vector<byte>.Count; at += Vector<byte>.Count)
        {
            differences |= words ^ Unsafe.ReadUnaligned<Vector<ulong>>(ref Unsafe.Add(ref start, at));
            words += new Vector<ulong>(Step * (ulong)Vector<ulong>.Count);
        }

        word += Step * (ulong)(at / sizeof(ulong));
        for (; at <= length - sizeof(ulong); at += sizeof(ulong), word += Step)
            difference |= word ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));
        for (; at < length; at++, word >>= 8)
            difference |= (word ^ Unsafe.Add(ref start, at)) & 0xFF;

        return difference == 0 && differences == Vector<ulong>.Zero;
    }

    /// <summary>What was seen and what was expected, for a message that does not match.</summary>
    public static PerfException Mismatch(ReadOnlySpan<byte> payload, int size, ulong sequence)
    {
        if (payload.Length != size)
            return new PerfException($"message {sequence}: expected {size} bytes, found {payload.Length}");

        byte[] expected = new byte[size];
        Write(expected, sequence);
        int at = payload.CommonPrefixLength(expected);
        ulong found = MemoryMarshal.Read<ulong>(payload);
        return at < sizeof(ulong)
            ? new PerfException($"expected message {sequence}, found message {found}: lost, repeated or out of order")
            : new PerfException($"message {sequence} is garbled: byte {at} of {size} is 0x{payload[at]:x2}, not 0x{expected[at]:x2}");
    }
}
