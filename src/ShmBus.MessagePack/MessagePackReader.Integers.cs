using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ShmBus.MessagePack;

// Any of the formats of integers is read as any type that the number fits in; another number is refused, never cut off.
public ref partial struct MessagePackReader
{
    /// <summary>Reads an integer from 0 to 255.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes, or another integer.</exception>
    public byte ReadByte() => (byte)ReadInteger(byte.MinValue, byte.MaxValue);

    /// <summary>Reads an integer from -128 to 127.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public sbyte ReadSByte() => (sbyte)ReadInteger(sbyte.MinValue, sbyte.MaxValue);

    /// <summary>Reads an integer from -2^15 to 2^15 - 1.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public short ReadInt16() => (short)ReadInteger(short.MinValue, short.MaxValue);

    /// <summary>Reads an integer from 0 to 2^16 - 1.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public ushort ReadUInt16() => (ushort)ReadInteger(ushort.MinValue, ushort.MaxValue);

    /// <summary>Reads an integer from -2^31 to 2^31 - 1.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public int ReadInt32() => (int)ReadInteger(int.MinValue, int.MaxValue);

    /// <summary>Reads an integer from 0 to 2^32 - 1.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public uint ReadUInt32() => (uint)ReadInteger(uint.MinValue, uint.MaxValue);

    /// <summary>Reads an integer from -2^63 to 2^63 - 1.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public long ReadInt64() => ReadInteger(long.MinValue, long.MaxValue);

    /// <summary>Reads an integer from 0 to 2^64 - 1.</summary>
    /// <inheritdoc cref="ReadByte"/>
    public ulong ReadUInt64() => !End && _data[_position] == MessagePackCode.UInt64
        ? BinaryPrimitives.ReadUInt64BigEndian(TakeFixed(sizeof(ulong)))
        : (ulong)ReadInteger(0, long.MaxValue, ulong.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ReadInteger(long least, long greatest)
    {
        // Most integers are small, in messages as elsewhere.
        if ((uint)_position < (uint)_data.Length && _data[_position] <= MessagePackCode.MaxFixInt)
        {
            byte value = _data[_position];
            Advance(1);
            return value;
        }
        return ReadInteger(least, greatest, (ulong)greatest);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal long ReadInteger(long least, long greatest, ulong allowed)
    {
        int start = _position;
        byte code = End ? MessagePackCode.NeverUsed : _data[_position];
        long value;
        switch (code)
        {
            case <= MessagePackCode.MaxFixInt or >= MessagePackCode.MinNegativeFixInt:
                Advance(1);
                value = unchecked((sbyte)code);
                break;
            case MessagePackCode.UInt8:
                value = TakeFixed(sizeof(byte))[0];
                break;
            case MessagePackCode.UInt16:
                value = BinaryPrimitives.ReadUInt16BigEndian(TakeFixed(sizeof(ushort)));
                break;
            case MessagePackCode.UInt32:
                value = BinaryPrimitives.ReadUInt32BigEndian(TakeFixed(sizeof(uint)));
                break;
            case MessagePackCode.UInt64:
                ulong unsigned = BinaryPrimitives.ReadUInt64BigEndian(TakeFixed(sizeof(ulong)));
                value = unchecked((long)unsigned);
                if (value < 0)
                {
                    throw Refused(start, Range(least, allowed), $"the integer {unsigned}");
                }
                break;
            case MessagePackCode.Int8:
                value = unchecked((sbyte)TakeFixed(sizeof(sbyte))[0]);
                break;
            case MessagePackCode.Int16:
                value = BinaryPrimitives.ReadInt16BigEndian(TakeFixed(sizeof(short)));
                break;
            case MessagePackCode.Int32:
                value = BinaryPrimitives.ReadInt32BigEndian(TakeFixed(sizeof(int)));
                break;
            case MessagePackCode.Int64:
                value = BinaryPrimitives.ReadInt64BigEndian(TakeFixed(sizeof(long)));
                break;
            default:
                throw Unexpected(Range(least, allowed));
        }
        if (value < least || value > greatest)
        {
            throw Refused(start, Range(least, allowed), $"the integer {value}");
        }
        return value;
    }

    private static string Range(long least, ulong greatest) => $"an integer from {least} to {greatest}";
}
