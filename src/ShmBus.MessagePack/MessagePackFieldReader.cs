using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus.MessagePack;

/// <summary>
/// Reads a run of short values, for generated code: what it knows stays in registers, where a reader that is handed on by reference does
/// not. Whatever is not plain (near the end of the data, of another format, refused) the reader itself reads; nil, which stands for a key
/// that the writer does not have, is read as the value that is given.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct MessagePackFieldReader
{
    private ref readonly byte _next;
    private int _left;

    internal MessagePackFieldReader(ReadOnlySpan<byte> data)
    {
        _next = ref MemoryMarshal.GetReference(data);
        _left = data.Length;
    }

    internal readonly int Left => _left;

    /// <summary>Reads true or false.</summary>
    /// <param name="reader">The reader that this comes from.</param>
    /// <param name="missing">What nil is read as.</param>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool ReadBoolean(scoped ref MessagePackReader reader, bool missing)
    {
        if (_left > 0 && _next is byte code and (MessagePackCode.False or MessagePackCode.True))
        {
            Advance(1);
            return code == MessagePackCode.True;
        }
        bool value = reader.IsMissing(_left) ? missing : reader.ReadBoolean();
        this = reader.Fields;
        return value;
    }

    /// <inheritdoc cref="MessagePackReader.ReadSingle"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float ReadSingle(scoped ref MessagePackReader reader, float missing)
    {
        float value;
        if (_left > sizeof(float) && _next == MessagePackCode.Float32)
        {
            value = BitConverter.UInt32BitsToSingle(BinaryPrimitives.ReadUInt32BigEndian(Span(sizeof(uint))));
            Advance(1 + sizeof(float));
            return value;
        }
        value = reader.IsMissing(_left) ? missing : reader.ReadSingle();
        this = reader.Fields;
        return value;
    }

    /// <inheritdoc cref="MessagePackReader.ReadDouble"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double ReadDouble(scoped ref MessagePackReader reader, double missing)
    {
        double value;
        if (_left > sizeof(double) && _next == MessagePackCode.Float64)
        {
            value = BitConverter.UInt64BitsToDouble(BinaryPrimitives.ReadUInt64BigEndian(Span(sizeof(ulong))));
            Advance(1 + sizeof(double));
            return value;
        }
        value = reader.IsMissing(_left) ? missing : reader.ReadDouble();
        this = reader.Fields;
        return value;
    }

    /// <inheritdoc cref="MessagePackReader.ReadSByte"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public sbyte ReadSByte(scoped ref MessagePackReader reader, sbyte missing)
    {
        if (TryPeekInteger(out long value, out int length) && value is >= sbyte.MinValue and <= sbyte.MaxValue)
        {
            Advance(length);
            return (sbyte)value;
        }
        sbyte slow = reader.IsMissing(_left) ? missing : reader.ReadSByte();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadByte"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte(scoped ref MessagePackReader reader, byte missing)
    {
        if (TryPeekInteger(out long value, out int length) && value is >= byte.MinValue and <= byte.MaxValue)
        {
            Advance(length);
            return (byte)value;
        }
        byte slow = reader.IsMissing(_left) ? missing : reader.ReadByte();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadInt16"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public short ReadInt16(scoped ref MessagePackReader reader, short missing)
    {
        if (TryPeekInteger(out long value, out int length) && value is >= short.MinValue and <= short.MaxValue)
        {
            Advance(length);
            return (short)value;
        }
        short slow = reader.IsMissing(_left) ? missing : reader.ReadInt16();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadUInt16"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort ReadUInt16(scoped ref MessagePackReader reader, ushort missing)
    {
        if (TryPeekInteger(out long value, out int length) && value is >= ushort.MinValue and <= ushort.MaxValue)
        {
            Advance(length);
            return (ushort)value;
        }
        ushort slow = reader.IsMissing(_left) ? missing : reader.ReadUInt16();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadInt32"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt32(scoped ref MessagePackReader reader, int missing)
    {
        if (TryPeekInteger(out long value, out int length) && value is >= int.MinValue and <= int.MaxValue)
        {
            Advance(length);
            return (int)value;
        }
        int slow = reader.IsMissing(_left) ? missing : reader.ReadInt32();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadUInt32"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadUInt32(scoped ref MessagePackReader reader, uint missing)
    {
        if (TryPeekInteger(out long value, out int length) && value is >= uint.MinValue and <= uint.MaxValue)
        {
            Advance(length);
            return (uint)value;
        }
        uint slow = reader.IsMissing(_left) ? missing : reader.ReadUInt32();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadInt64"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadInt64(scoped ref MessagePackReader reader, long missing)
    {
        if (TryPeekInteger(out long value, out int length))
        {
            Advance(length);
            return value;
        }
        long slow = reader.IsMissing(_left) ? missing : reader.ReadInt64();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadUInt64"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadUInt64(scoped ref MessagePackReader reader, ulong missing)
    {
        if (TryPeekInteger(out long value, out int length) && value >= 0)
        {
            Advance(length);
            return (ulong)value;
        }
        ulong slow = reader.IsMissing(_left) ? missing : reader.ReadUInt64();
        this = reader.Fields;
        return slow;
    }

    /// <inheritdoc cref="MessagePackReader.ReadChar"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public char ReadChar(scoped ref MessagePackReader reader, char missing) => (char)ReadUInt16(ref reader, missing);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong ReadLast(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        sizeof(byte) => bytes[0],
        sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
    };

    /// <summary>The next value, where it is an integer that a long has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool TryPeekInteger(out long value, out int length)
    {
        value = 0;
        length = 1;
        if (_left <= 0)
        {
            return false;
        }
        uint code = _next;
        if (unchecked((sbyte)code) >= MessagePackCode.LeastFixInt)
        {
            value = unchecked((sbyte)code);
            return true;
        }
        // The four lengths, unsigned and then signed. All are read as the longest, and what is too much is shifted out, unless the data end.
        uint format = code - MessagePackCode.UInt8;
        int bytes = 1 << (int)(format & 3);
        if (format > MessagePackCode.Int64 - MessagePackCode.UInt8 || _left <= bytes)
        {
            return false;
        }
        int shift = 64 - 8 * bytes;
        ulong raw = _left > sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(Span(sizeof(ulong))) >> shift : ReadLast(Span(bytes));
        bool isSigned = format >= MessagePackCode.Int8 - MessagePackCode.UInt8;
        value = unchecked(isSigned ? (long)(raw << shift) >> shift : (long)raw);
        length += bytes;
        return isSigned || value >= 0;
    }

    /// <summary>What follows the code; that it is there was seen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ReadOnlySpan<byte> Span(int length) => MemoryMarshal.CreateReadOnlySpan(in Unsafe.Add(ref Unsafe.AsRef(in _next), 1), length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Advance(int length)
    {
        _next = ref Unsafe.Add(ref Unsafe.AsRef(in _next), length);
        _left -= length;
    }
}
