using System.Buffers.Binary;
using System.ComponentModel;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus.MessagePack;

/// <summary>
/// Writes a run of short values into room that <see cref="MessagePackWriter.TryReserve"/> has found, without looking again: for generated
/// code, which knows how long they are at most. Whoever writes more writes over memory that is not its own.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct MessagePackFieldWriter
{
    // Both stay in registers as long as the compiler sees everything that is done with them: so all is inlined, and no argument of a
    // call has a branch in it.
    private readonly ref byte _start;
    private nint _length;

    internal MessagePackFieldWriter(Span<byte> room) => _start = ref MemoryMarshal.GetReference(room);

    internal readonly int Length => (int)_length;

    private readonly ref byte Next
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref _start, _length);
    }

    /// <summary>Writes nil; at most 1 byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNil() => Put(MessagePackCode.Nil);

    /// <summary>Writes true or false; at most 1 byte.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(bool value)
    {
        byte code = value ? MessagePackCode.True : MessagePackCode.False;
        Put(code);
    }

    /// <summary>Writes an integer; at most 9 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(long value)
    {
        if (value is >= MessagePackCode.LeastFixInt and <= MessagePackCode.MaxFixInt)
        {
            Put(unchecked((byte)value));
        }
        else
        {
            // A signed format has a bit less, and that is one more bit of what was a negative number.
            long bits = value < 0 ? ~value << 1 : value;
            byte code8 = value < 0 ? MessagePackCode.Int8 : MessagePackCode.UInt8;
            PutLonger(code8, unchecked((ulong)bits), unchecked((ulong)value));
        }
    }

    /// <summary>Writes an integer; at most 9 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ulong value)
    {
        if (value <= MessagePackCode.MaxFixInt)
        {
            Put((byte)value);
        }
        else
        {
            PutLonger(MessagePackCode.UInt8, value, value);
        }
    }

    /// <summary>Writes an integer; at most 5 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int value)
    {
        if (value is >= MessagePackCode.LeastFixInt and <= MessagePackCode.MaxFixInt)
        {
            Put(unchecked((byte)value));
        }
        else
        {
            int bits = value < 0 ? ~value << 1 : value;
            byte code8 = value < 0 ? MessagePackCode.Int8 : MessagePackCode.UInt8;
            PutLonger(code8, unchecked((uint)bits), unchecked((uint)value));
        }
    }

    /// <summary>Writes an integer; at most 5 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint value)
    {
        if (value <= MessagePackCode.MaxFixInt)
        {
            Put((byte)value);
        }
        else
        {
            PutLonger(MessagePackCode.UInt8, value, value);
        }
    }

    /// <summary>Writes the integer of a UTF-16 code unit; at most 5 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(char value) => Write((uint)value);

    /// <summary>Writes a number as float 32; 5 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(float value)
    {
        Next = MessagePackCode.Float32;
        PutAfterCode(BitConverter.SingleToUInt32Bits(value));
        _length += 1 + sizeof(float);
    }

    /// <summary>Writes a number as float 64; 9 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(double value)
    {
        Next = MessagePackCode.Float64;
        PutAfterCode(BitConverter.DoubleToUInt64Bits(value));
        _length += 1 + sizeof(double);
    }

    /// <summary>Copies what is MessagePack already.</summary>
    /// <param name="messagePack">The bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteRaw(scoped ReadOnlySpan<byte> messagePack)
    {
        Unsafe.CopyBlockUnaligned(ref Next, ref MemoryMarshal.GetReference(messagePack), (uint)messagePack.Length);
        _length += messagePack.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(byte value)
    {
        Next = value;
        _length++;
    }

    // Always as long as the longest format: what is too much lies in the room of this value, and later ones write over it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutLonger(byte code8, ulong bits, ulong value)
    {
        int format = FormatOf(63 - BitOperations.LeadingZeroCount(bits));
        int length = 1 << format;
        Next = (byte)(code8 + format);
        PutAfterCode(value << (64 - 8 * length));
        _length += 1 + length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutLonger(byte code8, uint bits, uint value)
    {
        int format = FormatOf(31 - BitOperations.LeadingZeroCount(bits));
        int length = 1 << format;
        Next = (byte)(code8 + format);
        PutAfterCode(value << (32 - 8 * length));
        _length += 1 + length;
    }

    /// <summary>0 to 3 for the formats of 8 to 64 bits, by the highest bit that is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FormatOf(int highestBit) => 32 - BitOperations.LeadingZeroCount((uint)highestBit >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PutAfterCode(ulong value) => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _start, _length + 1), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PutAfterCode(uint value) => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _start, _length + 1), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
}
