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
    public sbyte ReadSByte(scoped ref MessagePackReader reader, sbyte missing) => (sbyte)ReadInteger(ref reader, missing, sbyte.MinValue, sbyte.MaxValue);

    /// <inheritdoc cref="MessagePackReader.ReadByte"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte(scoped ref MessagePackReader reader, byte missing) => (byte)ReadInteger(ref reader, missing, byte.MinValue, byte.MaxValue);

    /// <inheritdoc cref="MessagePackReader.ReadInt16"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public short ReadInt16(scoped ref MessagePackReader reader, short missing) => (short)ReadInteger(ref reader, missing, short.MinValue, short.MaxValue);

    /// <inheritdoc cref="MessagePackReader.ReadUInt16"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort ReadUInt16(scoped ref MessagePackReader reader, ushort missing) => (ushort)ReadInteger(ref reader, missing, ushort.MinValue, ushort.MaxValue);

    /// <inheritdoc cref="MessagePackReader.ReadInt32"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt32(scoped ref MessagePackReader reader, int missing) => (int)ReadInteger(ref reader, missing, int.MinValue, int.MaxValue);

    /// <inheritdoc cref="MessagePackReader.ReadUInt32"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadUInt32(scoped ref MessagePackReader reader, uint missing) => (uint)ReadInteger(ref reader, missing, uint.MinValue, uint.MaxValue);

    /// <inheritdoc cref="MessagePackReader.ReadInt64"/>
    /// <inheritdoc cref="ReadBoolean"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadInt64(scoped ref MessagePackReader reader, long missing) => ReadInteger(ref reader, missing, long.MinValue, long.MaxValue);

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ReadInteger(scoped ref MessagePackReader reader, long missing, long min, long max)
    {
        if (TryPeekInteger(out long value, out int length) && value >= min && value <= max)
        {
            Advance(length);
            return value;
        }
        long slow = reader.IsMissing(_left) ? missing : reader.ReadInteger(min, max, unchecked((ulong)max));
        this = reader.Fields;
        return slow;
    }

    /// <summary>The next value, where it is an integer that a long has.</summary>
    // A branch for each format, and no arithmetic with lengths: then the processor, which foresees the branch, need not wait for this
    // value to know where the next one begins.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool TryPeekInteger(out long value, out int length)
    {
        value = 0;
        length = 1;
        if (_left <= 0)
        {
            return false;
        }
        int code = unchecked((sbyte)_next);
        if (code >= MessagePackCode.LeastFixInt)
        {
            value = code;
            return true;
        }
        switch (code)
        {
            case unchecked((sbyte)MessagePackCode.UInt8):
                length += sizeof(byte);
                if (_left < length)
                {
                    return false;
                }
                value = Span(sizeof(byte))[0];
                return true;
            case unchecked((sbyte)MessagePackCode.UInt16):
                length += sizeof(ushort);
                if (_left < length)
                {
                    return false;
                }
                value = BinaryPrimitives.ReadUInt16BigEndian(Span(sizeof(ushort)));
                return true;
            case unchecked((sbyte)MessagePackCode.UInt32):
                length += sizeof(uint);
                if (_left < length)
                {
                    return false;
                }
                value = BinaryPrimitives.ReadUInt32BigEndian(Span(sizeof(uint)));
                return true;
            case unchecked((sbyte)MessagePackCode.UInt64):
                length += sizeof(ulong);
                if (_left < length)
                {
                    return false;
                }
                value = BinaryPrimitives.ReadInt64BigEndian(Span(sizeof(ulong)));
                return value >= 0;
            case unchecked((sbyte)MessagePackCode.Int8):
                length += sizeof(sbyte);
                if (_left < length)
                {
                    return false;
                }
                value = unchecked((sbyte)Span(sizeof(sbyte))[0]);
                return true;
            case unchecked((sbyte)MessagePackCode.Int16):
                length += sizeof(short);
                if (_left < length)
                {
                    return false;
                }
                value = BinaryPrimitives.ReadInt16BigEndian(Span(sizeof(short)));
                return true;
            case unchecked((sbyte)MessagePackCode.Int32):
                length += sizeof(int);
                if (_left < length)
                {
                    return false;
                }
                value = BinaryPrimitives.ReadInt32BigEndian(Span(sizeof(int)));
                return true;
            case unchecked((sbyte)MessagePackCode.Int64):
                length += sizeof(long);
                if (_left < length)
                {
                    return false;
                }
                value = BinaryPrimitives.ReadInt64BigEndian(Span(sizeof(long)));
                return true;
            default:
                return false;
        }
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
