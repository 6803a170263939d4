using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;

namespace ShmBus.MessagePack;

// The types of .NET, in the forms of MessagePack-CSharp's standard resolver: see FORMAT.md.
public ref partial struct MessagePackWriter
{
    private const int GuidLength = 36;
    private const int MaxDecimalLength = 31;
    private const int MaxVersionLength = 4 * 10 + 3;

    /// <summary>Writes a character as the integer of its UTF-16 code unit.</summary>
    /// <param name="value">The value.</param>
    public void Write(char value) => Write((ulong)value);

    /// <summary>Writes a decimal as text; zeros at its end stay.</summary>
    /// <param name="value">The value.</param>
    public void Write(decimal value)
    {
        Span<byte> text = stackalloc byte[MaxDecimalLength];
        _ = Utf8Formatter.TryFormat(value, text, out int length);
        WriteString(text[..length]);
    }

    /// <summary>Writes a GUID as text of 36 characters, hexadecimal in small letters with hyphens.</summary>
    /// <param name="value">The value.</param>
    public void Write(Guid value)
    {
        WriteStringHeader(GuidLength);
        _ = value.TryFormat(Take(GuidLength), out _);
    }

    /// <summary>
    /// Writes a point in time as a timestamp of 32, 64 or 96 bits, whichever is the least. A local time is converted to UTC; one of no stated
    /// kind is written as if it were UTC. It is read back as UTC.
    /// </summary>
    /// <param name="value">The value.</param>
    public void Write(DateTime value)
    {
        long ticks = (value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value).Ticks;
        long seconds = ticks / TimeSpan.TicksPerSecond - Timestamp.SecondsBefore1970;
        uint nanoseconds = (uint)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        if (seconds >> Timestamp.SecondsBits != 0)
        {
            WriteExtensionHeader(Timestamp.TypeCode, Timestamp.Length96);
            BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), nanoseconds);
            BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), seconds);
        }
        else if (nanoseconds != 0 || seconds > uint.MaxValue)
        {
            WriteExtensionHeader(Timestamp.TypeCode, Timestamp.Length64);
            BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), (ulong)nanoseconds << Timestamp.SecondsBits | (ulong)seconds);
        }
        else
        {
            WriteExtensionHeader(Timestamp.TypeCode, Timestamp.Length32);
            BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), (uint)seconds);
        }
    }

    /// <summary>Writes an array of two: what the clock there shows, as a timestamp as if it were UTC, and its distance from UTC in whole minutes.</summary>
    /// <param name="value">The value.</param>
    public void Write(DateTimeOffset value)
    {
        WriteArrayHeader(2);
        Write(new DateTime(value.Ticks, DateTimeKind.Utc));
        Write(value.TotalOffsetMinutes);
    }

    /// <summary>Writes a span of time as the integer of its ticks of 100 nanoseconds.</summary>
    /// <param name="value">The value.</param>
    public void Write(TimeSpan value) => Write(value.Ticks);

    /// <summary>Writes a day as the integer of the days since 1 January of year 1.</summary>
    /// <param name="value">The value.</param>
    public void Write(DateOnly value) => Write(value.DayNumber);

    /// <summary>Writes a time of day as the integer of its ticks of 100 nanoseconds since midnight.</summary>
    /// <param name="value">The value.</param>
    public void Write(TimeOnly value) => Write(value.Ticks);

    /// <summary>Writes an address as text, as it was given, or nil.</summary>
    /// <param name="value">The value.</param>
    public void Write(Uri? value) => Write(value?.OriginalString);

    /// <summary>Writes a version as text, or nil.</summary>
    /// <param name="value">The value.</param>
    public void Write(Version? value)
    {
        if (value is null)
        {
            WriteNil();
            return;
        }
        Span<byte> text = stackalloc byte[MaxVersionLength];
        _ = value.TryFormat(text, out int length);
        WriteString(text[..length]);
    }

    /// <summary>Writes an integer of any size as bin: two's complement, the lowest byte first.</summary>
    /// <param name="value">The value.</param>
    public void Write(BigInteger value)
    {
        int length = value.GetByteCount();
        WriteBinHeader(length);
        _ = value.TryWriteBytes(Take(length), out _);
    }
}
