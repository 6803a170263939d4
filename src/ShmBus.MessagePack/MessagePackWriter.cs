using System.Buffers;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text;

namespace ShmBus.MessagePack;

/// <summary>
/// Writes MessagePack, each value in its smallest form, the one that MessagePack-CSharp writes. Asks the output for just the bytes that a
/// value takes, so a value fits wherever its bytes fit. Allocates nothing, unless text has half a surrogate pair. What was written is the
/// output's after <see cref="Flush"/>.
/// </summary>
public ref partial struct MessagePackWriter
{
    private readonly IBufferWriter<byte> _output;
    private Span<byte> _free;
    private int _given;

    /// <summary>A writer that appends to an output; nobody else may write to it until <see cref="Flush"/>.</summary>
    /// <param name="output">Where the bytes go.</param>
    public MessagePackWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        _free = output.GetSpan();
        _given = _free.Length;
    }

    /// <summary>Hands over to the output what was written. Without it the last values are lost.</summary>
    public void Flush()
    {
        int written = _given - _free.Length;
        _free = default;
        _given = 0;
        if (written > 0)
        {
            _output.Advance(written);
        }
    }

    /// <summary>Whether so many bytes are there without asking the output for more than it has to give anyway: for generated code.</summary>
    /// <param name="length">How many.</param>
    /// <returns>If not, values are to be written one by one, so that they fit wherever their bytes fit.</returns>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReserve(int length) => _free.Length >= length || TryRefill(length);

    /// <summary>Where the next values are to be written: for generated code, after <see cref="TryReserve"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public readonly MessagePackFieldWriter Fields
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_free);
    }

    /// <summary>Takes what was written through <see cref="Fields"/>.</summary>
    /// <param name="fields">What has written it.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(scoped MessagePackFieldWriter fields) => _free = _free[fields.Length..];

    /// <summary>Takes what was written elsewhere, because <see cref="TryReserve"/> found no room for the longest values: for generated code.</summary>
    /// <param name="fields">What has written it.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Copy(scoped MessagePackFieldWriter fields) => WriteRaw(fields.Written);

    /// <summary>Writes nil, which stands for <see langword="null"/>.</summary>
    public void WriteNil() => Take(1)[0] = MessagePackCode.Nil;

    /// <summary>Writes true or false.</summary>
    /// <param name="value">The value.</param>
    public void Write(bool value) => Take(1)[0] = value ? MessagePackCode.True : MessagePackCode.False;

    /// <summary>Writes an integer in 1, 2, 3, 5 or 9 bytes, whichever is the least; one that is not negative as the unsigned formats have it.</summary>
    /// <param name="value">The value; smaller types convert to it by themselves.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(long value)
    {
        if (value is >= MessagePackCode.LeastFixInt and <= MessagePackCode.MaxFixInt)
        {
            Take(1)[0] = unchecked((byte)value);
        }
        else
        {
            WriteLonger(value);
        }
    }

    /// <inheritdoc cref="Write(long)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ulong value)
    {
        if (value <= MessagePackCode.MaxFixInt)
        {
            Take(1)[0] = (byte)value;
        }
        else
        {
            WriteLonger(value);
        }
    }

    /// <summary>Writes a number as float 32.</summary>
    /// <param name="value">The value.</param>
    public void Write(float value) => BinaryPrimitives.WriteSingleBigEndian(Take(MessagePackCode.Float32, sizeof(float)), value);

    /// <summary>Writes a number as float 64.</summary>
    /// <param name="value">The value.</param>
    public void Write(double value) => BinaryPrimitives.WriteDoubleBigEndian(Take(MessagePackCode.Float64, sizeof(double)), value);

    /// <summary>Writes text, or nil for <see langword="null"/>. Half a surrogate pair becomes U+FFFD.</summary>
    /// <param name="value">The text.</param>
    public void Write(string? value)
    {
        if (value is null)
        {
            WriteNil();
        }
        else
        {
            Write(value.AsSpan());
        }
    }

    /// <summary>Writes text. Half a surrogate pair becomes U+FFFD.</summary>
    /// <param name="value">The text.</param>
    public void Write(scoped ReadOnlySpan<char> value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        WriteStringHeader(length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    /// <summary>Writes text that is in UTF-8 already, which is not checked.</summary>
    /// <param name="utf8">The text's bytes.</param>
    public void WriteString(scoped ReadOnlySpan<byte> utf8)
    {
        WriteStringHeader(utf8.Length);
        WriteRaw(utf8);
    }

    /// <summary>Writes bytes as bin, or nil for <see langword="null"/>.</summary>
    /// <param name="value">The bytes.</param>
    public void Write(byte[]? value)
    {
        if (value is null)
        {
            WriteNil();
        }
        else
        {
            Write(value.AsSpan());
        }
    }

    /// <summary>Writes bytes as bin.</summary>
    /// <param name="value">The bytes.</param>
    public void Write(scoped ReadOnlySpan<byte> value)
    {
        WriteBinHeader(value.Length);
        WriteRaw(value);
    }

    /// <summary>Writes bytes with a type of their own.</summary>
    /// <param name="typeCode">The type: 0 to 127 are free for all, the format keeps those below 0.</param>
    /// <param name="data">The bytes.</param>
    public void WriteExtension(sbyte typeCode, scoped ReadOnlySpan<byte> data)
    {
        WriteExtensionHeader(typeCode, data.Length);
        WriteRaw(data);
    }

    /// <summary>Copies what is MessagePack already, or the bytes that a header announced.</summary>
    /// <param name="messagePack">The bytes.</param>
    public void WriteRaw(scoped ReadOnlySpan<byte> messagePack) => messagePack.CopyTo(Take(messagePack.Length));

    /// <summary>Announces text; its bytes must follow.</summary>
    /// <param name="length">How many bytes of UTF-8.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void WriteStringHeader(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length <= MessagePackCode.MaxFixStrLength)
        {
            Take(1)[0] = (byte)(MessagePackCode.MinFixStr | length);
        }
        else if (length <= byte.MaxValue)
        {
            Take(MessagePackCode.Str8, 1)[0] = (byte)length;
        }
        else
        {
            WriteCount(MessagePackCode.Str16, MessagePackCode.Str32, length);
        }
    }

    /// <summary>Announces bytes, which must follow.</summary>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void WriteBinHeader(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length <= byte.MaxValue)
        {
            Take(MessagePackCode.Bin8, 1)[0] = (byte)length;
        }
        else
        {
            WriteCount(MessagePackCode.Bin16, MessagePackCode.Bin32, length);
        }
    }

    /// <summary>Announces an array; its elements must follow.</summary>
    /// <param name="count">How many elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void WriteArrayHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= MessagePackCode.MaxFixCount)
        {
            Take(1)[0] = (byte)(MessagePackCode.MinFixArray | count);
        }
        else
        {
            WriteCount(MessagePackCode.Array16, MessagePackCode.Array32, count);
        }
    }

    /// <summary>Announces a map; its keys, each with its value after it, must follow.</summary>
    /// <param name="count">How many keys.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void WriteMapHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= MessagePackCode.MaxFixCount)
        {
            Take(1)[0] = (byte)(MessagePackCode.MinFixMap | count);
        }
        else
        {
            WriteCount(MessagePackCode.Map16, MessagePackCode.Map32, count);
        }
    }

    /// <summary>Announces bytes with a type of their own, which must follow.</summary>
    /// <param name="typeCode">The type: 0 to 127 are free for all, the format keeps those below 0.</param>
    /// <param name="length">How many bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public void WriteExtensionHeader(sbyte typeCode, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        switch (length)
        {
            case 1:
                Take(1)[0] = MessagePackCode.FixExt1;
                break;
            case 2:
                Take(1)[0] = MessagePackCode.FixExt2;
                break;
            case 4:
                Take(1)[0] = MessagePackCode.FixExt4;
                break;
            case 8:
                Take(1)[0] = MessagePackCode.FixExt8;
                break;
            case 16:
                Take(1)[0] = MessagePackCode.FixExt16;
                break;
            case <= byte.MaxValue:
                Take(MessagePackCode.Ext8, 1)[0] = (byte)length;
                break;
            default:
                WriteCount(MessagePackCode.Ext16, MessagePackCode.Ext32, length);
                break;
        }
        Take(1)[0] = unchecked((byte)typeCode);
    }

    private void WriteLonger(long value)
    {
        if (value >= 0)
        {
            WriteLonger((ulong)value);
        }
        else if (value >= sbyte.MinValue)
        {
            Take(MessagePackCode.Int8, sizeof(sbyte))[0] = unchecked((byte)value);
        }
        else if (value >= short.MinValue)
        {
            BinaryPrimitives.WriteInt16BigEndian(Take(MessagePackCode.Int16, sizeof(short)), (short)value);
        }
        else if (value >= int.MinValue)
        {
            BinaryPrimitives.WriteInt32BigEndian(Take(MessagePackCode.Int32, sizeof(int)), (int)value);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(Take(MessagePackCode.Int64, sizeof(long)), value);
        }
    }

    private void WriteLonger(ulong value)
    {
        if (value <= byte.MaxValue)
        {
            Take(MessagePackCode.UInt8, sizeof(byte))[0] = (byte)value;
        }
        else if (value <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Take(MessagePackCode.UInt16, sizeof(ushort)), (ushort)value);
        }
        else if (value <= uint.MaxValue)
        {
            BinaryPrimitives.WriteUInt32BigEndian(Take(MessagePackCode.UInt32, sizeof(uint)), (uint)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(Take(MessagePackCode.UInt64, sizeof(ulong)), value);
        }
    }

    /// <summary>The formats of 16 and of 32 bits, which all families that have a length share.</summary>
    private void WriteCount(byte code16, byte code32, int count)
    {
        if (count <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Take(code16, sizeof(ushort)), (ushort)count);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(Take(code32, sizeof(int)), count);
        }
    }

    /// <summary>Writes the code and returns the place for what follows it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Take(byte code, int length)
    {
        Span<byte> taken = Take(1 + length);
        taken[0] = code;
        return taken[1..];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Take(int length)
    {
        if (_free.Length < length)
        {
            Refill(length);
        }
        Span<byte> taken = _free[..length];
        _free = _free[length..];
        return taken;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryRefill(int length)
    {
        if (_free.IsEmpty)
        {
            Refill(0);
        }
        return _free.Length >= length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill(int length)
    {
        Flush();
        _free = _output.GetSpan(length);
        _given = _free.Length;
    }
}
