using System.Buffers;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace ShmBus.MessagePack;

/// <summary>
/// Reads MessagePack from one span, which is what a message of ShmBus always is; so every text and every run of bytes can be had without a copy.
/// Accepts any form of a value, not only the smallest. For whatever stands in the data, reading ends in a value or in a
/// <see cref="MessagePackException"/>; then the reader stands where it stood before. Allocates nothing, but for strings and arrays that it
/// returns and exceptions.
/// </summary>
public ref partial struct MessagePackReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly int _maxDepth;
    private int _position;
    private int _depth;

    // How many values were announced by headers and not read yet. Each takes a byte at least, so they are never more than the bytes left, and
    // arrays in each other cannot each promise all of them. What lies in no array is not announced, and counts below zero.
    private int _owed;

    /// <summary>A reader at the beginning of the data.</summary>
    /// <param name="data">The data. What is read as a span is a part of them.</param>
    /// <param name="security">What is allowed; by default, what is for data that nobody vouches for.</param>
    public MessagePackReader(ReadOnlySpan<byte> data, MessagePackSecurity? security = null)
    {
        _data = data;
        _maxDepth = (security ?? MessagePackSecurity.UntrustedData).MaximumObjectGraphDepth;
    }

    /// <summary>A reader at the beginning of the data. Where they lie in several pieces, they are copied together once, which allocates.</summary>
    /// <param name="data">The data. What is read as a span is a part of them, or of the copy.</param>
    /// <param name="security">What is allowed; by default, what is for data that nobody vouches for.</param>
    public MessagePackReader(in ReadOnlySequence<byte> data, MessagePackSecurity? security = null)
        : this(data.IsSingleSegment ? data.FirstSpan : data.ToArray(), security)
    {
    }

    /// <summary>Where the next value begins, in bytes from the beginning of the data.</summary>
    public readonly int Position => _position;

    /// <summary>Whether there is nothing left.</summary>
    public readonly bool End => _position == _data.Length;

    /// <summary>How many values lie around the next one, as far as <see cref="EnterNested"/> was told.</summary>
    public readonly int Depth => _depth;

    /// <summary>The type of the next value, which stays unread.</summary>
    /// <exception cref="MessagePackException">There is nothing left.</exception>
    public readonly MessagePackType NextMessagePackType => MessagePackCode.TypeOf(Peek("a value"));

    /// <summary>Whether the next value is nil; it stays unread.</summary>
    public readonly bool IsNil => !End && _data[_position] == MessagePackCode.Nil;

    private readonly int Remaining => _data.Length - _position;

    /// <summary>
    /// To be called before what lies in an array or a map is read by a method that may call itself again; <see cref="LeaveNested"/> after it.
    /// </summary>
    /// <exception cref="MessagePackException">That is deeper than <see cref="MessagePackSecurity.MaximumObjectGraphDepth"/>.</exception>
    public void EnterNested()
    {
        if (_depth >= _maxDepth)
        {
            ThrowTooDeep();
        }
        _depth++;
    }

    /// <summary>The other end of <see cref="EnterNested"/>.</summary>
    public void LeaveNested() => _depth--;

    /// <summary>What reads the next short values: for generated code, until <see cref="Take"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public readonly MessagePackFieldReader Fields
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_data[_position..]);
    }

    /// <summary>Goes on after what was read through <see cref="Fields"/>.</summary>
    /// <param name="fields">What has read it.</param>
    /// <param name="count">How many values were read.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(scoped MessagePackFieldReader fields, int count)
    {
        _position = _data.Length - fields.Left;
        _owed -= count;
    }

    /// <summary>How many elements of an array or a collection to make room for at once: no more than 8 bytes for each that is announced.</summary>
    /// <typeparam name="T">What one takes in memory.</typeparam>
    /// <param name="count">How many are announced, as <see cref="ReadArrayHeader"/> returns it.</param>
    /// <returns>How many of them; room for the others is made as they come.</returns>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static int Capacity<T>(int count) => Unsafe.SizeOf<T>() <= sizeof(long) ? count : Math.Min(count, Math.Max(16, (int)(count * (long)sizeof(long) / Unsafe.SizeOf<T>())));

    /// <summary>Reads nil if that is the next value.</summary>
    /// <returns>Whether it was.</returns>
    public bool TryReadNil()
    {
        bool isNil = IsNil;
        if (isNil)
        {
            Advance(1);
        }
        return isNil;
    }

    /// <summary>Reads nil.</summary>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public void ReadNil()
    {
        if (!TryReadNil())
        {
            throw Unexpected("nil");
        }
    }

    /// <summary>Reads true or false.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public bool ReadBoolean()
    {
        const string Expected = "true or false";
        byte code = Peek(Expected);
        if (code is not (MessagePackCode.False or MessagePackCode.True))
        {
            throw Unexpected(Expected);
        }
        Advance(1);
        return code == MessagePackCode.True;
    }

    /// <summary>Reads a number; one of 64 bits and integers are rounded to the nearest.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">No number comes.</exception>
    public float ReadSingle() => Peek("a number") == MessagePackCode.Float32
        ? BinaryPrimitives.ReadSingleBigEndian(TakeFixed(sizeof(float)))
        : (float)ReadDouble();

    /// <summary>Reads a number; integers are rounded to the nearest.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">No number comes.</exception>
    public double ReadDouble()
    {
        const string Expected = "a number";
        byte code = Peek(Expected);
        return code switch
        {
            MessagePackCode.Float64 => BinaryPrimitives.ReadDoubleBigEndian(TakeFixed(sizeof(double))),
            MessagePackCode.Float32 => BinaryPrimitives.ReadSingleBigEndian(TakeFixed(sizeof(float))),
            MessagePackCode.UInt64 => ReadUInt64(),
            _ when MessagePackCode.TypeOf(code) == MessagePackType.Integer => ReadInt64(),
            _ => throw Unexpected(Expected),
        };
    }

    /// <summary>Reads text, or nil. What is not valid UTF-8 becomes U+FFFD. Allocates the string, and as much again if it is not valid.</summary>
    /// <returns>The text; <see langword="null"/> for nil.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public string? ReadString()
    {
        if (TryReadNil())
        {
            return null;
        }
        ReadOnlySpan<byte> utf8 = ReadStringSpan();
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : Replaced(utf8);
    }

    /// <summary>Reads text as it stands in the data, which need not be valid UTF-8.</summary>
    /// <returns>The bytes in the data.</returns>
    /// <exception cref="MessagePackException">Something else comes, or nil.</exception>
    public ReadOnlySpan<byte> ReadStringSpan()
    {
        const string Expected = "a string";
        byte code = Peek(Expected);
        return code switch
        {
            >= MessagePackCode.MinFixStr and <= MessagePackCode.MaxFixStr => TakeBlock(1, (uint)code & MessagePackCode.MaxFixStrLength),
            MessagePackCode.Str8 => TakeBlock(1 + sizeof(byte)),
            MessagePackCode.Str16 => TakeBlock(1 + sizeof(ushort)),
            MessagePackCode.Str32 => TakeBlock(1 + sizeof(uint)),
            _ => throw Unexpected(Expected),
        };
    }

    /// <summary>Reads bytes as they stand in the data.</summary>
    /// <returns>The bytes in the data.</returns>
    /// <exception cref="MessagePackException">Something else comes, or nil.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        const string Expected = "bytes";
        return Peek(Expected) switch
        {
            MessagePackCode.Bin8 => TakeBlock(1 + sizeof(byte)),
            MessagePackCode.Bin16 => TakeBlock(1 + sizeof(ushort)),
            MessagePackCode.Bin32 => TakeBlock(1 + sizeof(uint)),
            _ => throw Unexpected(Expected),
        };
    }

    /// <summary>Reads bytes, or nil. Allocates the array.</summary>
    /// <returns>The bytes; <see langword="null"/> for nil.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public byte[]? ReadByteArray() => TryReadNil() ? null : ReadBytes().ToArray();

    /// <summary>Reads bytes that have a type of their own, as they stand in the data.</summary>
    /// <param name="typeCode">The type.</param>
    /// <returns>The bytes in the data.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public ReadOnlySpan<byte> ReadExtension(out sbyte typeCode)
    {
        const string Expected = "an extension";
        // The type stands between the length and the data, and is counted with neither.
        int start = _position;
        (int headerLength, uint length) = Peek(Expected) switch
        {
            MessagePackCode.FixExt1 => (2, 1u),
            MessagePackCode.FixExt2 => (2, 2u),
            MessagePackCode.FixExt4 => (2, 4u),
            MessagePackCode.FixExt8 => (2, 8u),
            MessagePackCode.FixExt16 => (2, 16u),
            MessagePackCode.Ext8 => (2 + sizeof(byte), PeekLength(sizeof(byte))),
            MessagePackCode.Ext16 => (2 + sizeof(ushort), PeekLength(sizeof(ushort))),
            MessagePackCode.Ext32 => (2 + sizeof(uint), PeekLength(sizeof(uint))),
            _ => throw Unexpected(Expected),
        };
        ReadOnlySpan<byte> data = TakeBlock(headerLength, length);
        typeCode = unchecked((sbyte)_data[start + headerLength - 1]);
        return data;
    }

    /// <summary>Reads how many elements an array has; they come next. All that is announced and not read yet is never more than the bytes left.</summary>
    /// <returns>How many elements.</returns>
    /// <exception cref="MessagePackException">Something else comes, or the data end before so many elements.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadArrayHeader()
    {
        // Most arrays are objects, and short.
        if ((uint)_position < (uint)_data.Length)
        {
            int count = _data[_position] - MessagePackCode.MinFixArray;
            int owed = Math.Max(_owed - 1, 0) + count;
            if ((uint)count <= MessagePackCode.MaxFixCount && owed < Remaining)
            {
                _position++;
                _owed = owed;
                return count;
            }
        }
        return ReadAnyArrayHeader();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadAnyArrayHeader()
    {
        const string Expected = "an array";
        byte code = Peek(Expected);
        return code switch
        {
            >= MessagePackCode.MinFixArray and <= MessagePackCode.MaxFixArray => TakeHeader(1, (uint)code & MessagePackCode.MaxFixCount, 1),
            MessagePackCode.Array16 => TakeHeader(1 + sizeof(ushort), PeekLength(sizeof(ushort)), 1),
            MessagePackCode.Array32 => TakeHeader(1 + sizeof(uint), PeekLength(sizeof(uint)), 1),
            _ => throw Unexpected(Expected),
        };
    }

    /// <summary>Reads how many keys a map has; they come next, each with its value after it. All that is announced and not read yet is never more than the bytes left.</summary>
    /// <returns>How many keys.</returns>
    /// <exception cref="MessagePackException">Something else comes, or the data end before so many keys and values.</exception>
    public int ReadMapHeader()
    {
        const string Expected = "a map";
        byte code = Peek(Expected);
        return code switch
        {
            >= MessagePackCode.MinFixMap and <= MessagePackCode.MaxFixMap => TakeHeader(1, (uint)code & MessagePackCode.MaxFixCount, 2),
            MessagePackCode.Map16 => TakeHeader(1 + sizeof(ushort), PeekLength(sizeof(ushort)), 2),
            MessagePackCode.Map32 => TakeHeader(1 + sizeof(uint), PeekLength(sizeof(uint)), 2),
            _ => throw Unexpected(Expected),
        };
    }

    /// <summary>The same as <see cref="Encoding.UTF8"/> makes of it, which would allocate for each byte that is not valid.</summary>
    private static string Replaced(ReadOnlySpan<byte> utf8)
    {
        char[] text = new char[utf8.Length];
        _ = Utf8.ToUtf16(utf8, text, out _, out int length);
        return new string(text, 0, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly byte Peek(string expected)
    {
        if ((uint)_position >= (uint)_data.Length)
        {
            ThrowAtEnd(expected);
        }
        return _data[_position];
    }

    /// <summary>Reads what follows the code where its length goes without saying.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> TakeFixed(int length)
    {
        if (Remaining - 1 < length)
        {
            ThrowTooShort(1 + length);
        }
        ReadOnlySpan<byte> taken = _data.Slice(_position + 1, length);
        Advance(1 + length);
        return taken;
    }

    /// <summary>The length that follows the code, of so many bytes.</summary>
    private readonly uint PeekLength(int size)
    {
        if (Remaining - 1 < size)
        {
            ThrowTooShort(1 + size);
        }
        ReadOnlySpan<byte> length = _data.Slice(_position + 1, size);
        return size switch
        {
            sizeof(byte) => length[0],
            sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(length),
            _ => BinaryPrimitives.ReadUInt32BigEndian(length),
        };
    }

    private ReadOnlySpan<byte> TakeBlock(int headerLength) => TakeBlock(headerLength, PeekLength(headerLength - 1));

    /// <summary>Reads the bytes that a header announces.</summary>
    private ReadOnlySpan<byte> TakeBlock(int headerLength, uint length)
    {
        if (Remaining < headerLength + (long)length)
        {
            ThrowTooShort(headerLength + (long)length);
        }
        ReadOnlySpan<byte> taken = _data.Slice(_position + headerLength, (int)length);
        Advance(headerLength + (int)length);
        return taken;
    }

    /// <summary>Reads a header; the data must have a byte left for each value that it or one before announced.</summary>
    private int TakeHeader(int headerLength, uint count, uint valuesEach)
    {
        long owed = Math.Max(_owed - 1, 0) + (long)count * valuesEach;
        if (Remaining < headerLength + owed)
        {
            ThrowTooShort(headerLength + owed);
        }
        Advance(headerLength);
        _owed = (int)owed;
        return (int)count;
    }

    /// <summary>One value, or a header, is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Advance(int length)
    {
        _position += length;
        _owed--;
    }

    /// <summary>What was read is another value than was asked for, so it counts as unread.</summary>
    private MessagePackException Refused(int start, string expected, string found)
    {
        _position = start;
        _owed++;
        return new MessagePackException(start, expected, found);
    }

    /// <summary>Stands where a run of fields has come to. A value that is then read is counted by <see cref="Take"/>, with the others.</summary>
    /// <returns>Whether nil came, and was read.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool IsMissing(int left)
    {
        _position = _data.Length - left;
        _owed++;
        return TryReadNil();
    }

    /// <summary>What to throw where something else comes than should.</summary>
    /// <param name="expected">What should come.</param>
    /// <returns>The exception, which says what comes, and where.</returns>
    public readonly MessagePackException Unexpected(string expected) =>
        new(_position, expected, End ? "the end of the data" : MessagePackCode.NameOf(_data[_position]));

    private readonly void ThrowAtEnd(string expected) => throw Unexpected(expected);

    private readonly void ThrowTooDeep() => throw new MessagePackException(_position, $"at most {_maxDepth} values in each other", "one more");

    private readonly void ThrowTooShort(long needed) => throw new MessagePackException(
        _position, $"at least {needed} bytes of {MessagePackCode.NameOf(_data[_position])} and what is announced", $"the end of the data after {Remaining}");
}
