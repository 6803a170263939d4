using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;

namespace ShmBus.MessagePack;

// The types of .NET, in the forms of MessagePack-CSharp's standard resolver: see FORMAT.md.
public ref partial struct MessagePackReader
{
    /// <summary>Reads a character from the integer of its UTF-16 code unit.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public char ReadChar() => (char)ReadUInt16();

    /// <summary>Reads a decimal from text.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes, or text that is no decimal.</exception>
    public decimal ReadDecimal()
    {
        int start = _position;
        ReadOnlySpan<byte> text = ReadStringSpan();
        return Utf8Parser.TryParse(text, out decimal value, out int length) && length == text.Length
            ? value
            : throw Refused(start, "a decimal as text", "other text");
    }

    /// <summary>Reads a GUID from text of 36 characters.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes, or text that is no GUID.</exception>
    public Guid ReadGuid()
    {
        int start = _position;
        ReadOnlySpan<byte> text = ReadStringSpan();
        return Utf8Parser.TryParse(text, out Guid value, out int length) && length == text.Length
            ? value
            : throw Refused(start, "a GUID as text", "other text");
    }

    /// <summary>Reads a point in time from a timestamp; what is less than 100 nanoseconds is cut off.</summary>
    /// <returns>The value, in UTC.</returns>
    /// <exception cref="MessagePackException">Something else comes, or a time that <see cref="DateTime"/> does not have.</exception>
    public DateTime ReadDateTime()
    {
        const string Expected = "a timestamp";
        int start = _position;
        ReadOnlySpan<byte> data = ReadExtension(out sbyte typeCode);
        if (typeCode != Timestamp.TypeCode)
        {
            throw Refused(start, Expected, $"an extension of type {typeCode}");
        }
        long seconds;
        uint nanoseconds = 0;
        switch (data.Length)
        {
            case Timestamp.Length32:
                seconds = BinaryPrimitives.ReadUInt32BigEndian(data);
                break;
            case Timestamp.Length64:
                ulong both = BinaryPrimitives.ReadUInt64BigEndian(data);
                nanoseconds = (uint)(both >> Timestamp.SecondsBits);
                seconds = (long)(both & (1UL << Timestamp.SecondsBits) - 1);
                break;
            case Timestamp.Length96:
                nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(data);
                seconds = BinaryPrimitives.ReadInt64BigEndian(data[sizeof(uint)..]);
                break;
            default:
                throw Refused(start, Expected, $"one of {data.Length} bytes");
        }
        if (nanoseconds > Timestamp.MaxNanoseconds)
        {
            throw Refused(start, "a timestamp of less than a second of nanoseconds", $"{nanoseconds} nanoseconds");
        }
        if (seconds < -Timestamp.SecondsBefore1970 || seconds > DateTime.MaxValue.Ticks / TimeSpan.TicksPerSecond - Timestamp.SecondsBefore1970)
        {
            throw Refused(start, "a timestamp of the years 1 to 9999", $"{seconds} seconds since 1970");
        }
        return new DateTime((seconds + Timestamp.SecondsBefore1970) * TimeSpan.TicksPerSecond + nanoseconds / TimeSpan.NanosecondsPerTick, DateTimeKind.Utc);
    }

    /// <summary>Reads a point in time with its distance from UTC from an array of two.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes, or a time that <see cref="DateTimeOffset"/> does not have.</exception>
    public DateTimeOffset ReadDateTimeOffset()
    {
        const int MaxMinutes = 14 * 60;
        MessagePackReader ahead = this;
        int count = ahead.ReadArrayHeader();
        if (count != 2)
        {
            throw new MessagePackException(_position, "an array of a timestamp and minutes", $"an array of {count}");
        }
        DateTime clock = ahead.ReadDateTime();
        short minutes = ahead.ReadInt16();
        long utc = clock.Ticks - minutes * TimeSpan.TicksPerMinute;
        if (minutes is < -MaxMinutes or > MaxMinutes || utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks)
        {
            throw new MessagePackException(_position, "a time of the years 1 to 9999, at most 14 hours from UTC", $"{clock:O} at {minutes} minutes");
        }
        this = ahead;
        return new DateTimeOffset(clock.Ticks, new TimeSpan(minutes * TimeSpan.TicksPerMinute));
    }

    /// <summary>Reads a span of time from the integer of its ticks.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public TimeSpan ReadTimeSpan() => new(ReadInt64());

    /// <summary>Reads a day from the integer of the days since 1 January of year 1.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes, or a day that <see cref="DateOnly"/> does not have.</exception>
    public DateOnly ReadDateOnly() => DateOnly.FromDayNumber((int)ReadInteger(0, DateOnly.MaxValue.DayNumber));

    /// <summary>Reads a time of day from the integer of its ticks since midnight.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes, or a day or more.</exception>
    public TimeOnly ReadTimeOnly() => new(ReadInteger(0, TimeSpan.TicksPerDay - 1));

    /// <summary>Reads an address from text, or nil. Allocates it, and its text.</summary>
    /// <returns>The value; <see langword="null"/> for nil.</returns>
    /// <exception cref="MessagePackException">Something else comes, or text that is no address.</exception>
    public Uri? ReadUri()
    {
        int start = _position;
        string? text = ReadString();
        return text is null ? null
            : Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out Uri? value) ? value
            : throw Refused(start, "an address as text", "other text");
    }

    /// <summary>Reads a version from text, or nil. Allocates it.</summary>
    /// <returns>The value; <see langword="null"/> for nil.</returns>
    /// <exception cref="MessagePackException">Something else comes, or text that is no version.</exception>
    public Version? ReadVersion()
    {
        if (TryReadNil())
        {
            return null;
        }
        int start = _position;
        return Version.TryParse(ReadStringSpan(), out Version? value) ? value : throw Refused(start, "a version as text", "other text");
    }

    /// <summary>Reads an integer of any size from bin. Allocates what is longer than 32 bits.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="MessagePackException">Something else comes.</exception>
    public BigInteger ReadBigInteger() => new(ReadBytes());
}
