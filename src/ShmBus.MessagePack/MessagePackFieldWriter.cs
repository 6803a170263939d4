using System.Buffers.Binary;
using System.ComponentModel;
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

    /// <summary>Writes elsewhere than at the place of the next value, to be copied there: <see cref="MessagePackWriter.Copy"/>.</summary>
    /// <param name="room">As much as all values can take.</param>
    public MessagePackFieldWriter(Span<byte> room) => _start = ref MemoryMarshal.GetReference(room);

    internal readonly ReadOnlySpan<byte> Written => MemoryMarshal.CreateReadOnlySpan(ref _start, Length);

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
        else if (value > 0)
        {
            PutLonger(unchecked((ulong)value));
        }
        else
        {
            PutNegative(value);
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
            PutLonger(value);
        }
    }

    /// <summary>Writes an integer; at most 5 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int value) => Write((long)value);

    /// <summary>Writes an integer; at most 5 bytes.</summary>
    /// <param name="value">The value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint value) => Write((ulong)value);

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

    // A branch for each format, and no arithmetic with lengths: then the processor, which foresees the branch, need not wait for this
    // value to know where the next one begins.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutLonger(ulong value)
    {
        if (value <= byte.MaxValue)
        {
            Next = MessagePackCode.UInt8;
            Unsafe.Add(ref _start, _length + 1) = (byte)value;
            _length += 1 + sizeof(byte);
        }
        else if (value <= ushort.MaxValue)
        {
            Next = MessagePackCode.UInt16;
            PutAfterCode((ushort)value);
            _length += 1 + sizeof(ushort);
        }
        else if (value <= uint.MaxValue)
        {
            Next = MessagePackCode.UInt32;
            PutAfterCode((uint)value);
            _length += 1 + sizeof(uint);
        }
        else
        {
            Next = MessagePackCode.UInt64;
            PutAfterCode(value);
            _length += 1 + sizeof(ulong);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutNegative(long value)
    {
        if (value >= sbyte.MinValue)
        {
            Next = MessagePackCode.Int8;
            Unsafe.Add(ref _start, _length + 1) = unchecked((byte)value);
            _length += 1 + sizeof(sbyte);
        }
        else if (value >= short.MinValue)
        {
            Next = MessagePackCode.Int16;
            PutAfterCode(unchecked((ushort)value));
            _length += 1 + sizeof(short);
        }
        else if (value >= int.MinValue)
        {
            Next = MessagePackCode.Int32;
            PutAfterCode(unchecked((uint)value));
            _length += 1 + sizeof(int);
        }
        else
        {
            Next = MessagePackCode.Int64;
            PutAfterCode(unchecked((ulong)value));
            _length += 1 + sizeof(long);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PutAfterCode(ulong value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref _start, _length + 1), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PutAfterCode(uint value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref _start, _length + 1), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PutAfterCode(ushort value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref _start, _length + 1), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
}
