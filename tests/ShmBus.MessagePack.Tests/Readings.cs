using System.Globalization;

namespace ShmBus.MessagePack.Tests;

/// <summary>Reads something and returns it as text.</summary>
internal delegate string Reading(ref MessagePackReader reader);

/// <summary>Everything that a reader can read, by name.</summary>
internal static class Readings
{
    internal static readonly (string Name, Int128 Least, Int128 Greatest, Reading Read)[] Integers =
    [
        ("ReadByte", byte.MinValue, byte.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadByte())),
        ("ReadSByte", sbyte.MinValue, sbyte.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadSByte())),
        ("ReadInt16", short.MinValue, short.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadInt16())),
        ("ReadUInt16", ushort.MinValue, ushort.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadUInt16())),
        ("ReadInt32", int.MinValue, int.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadInt32())),
        ("ReadUInt32", uint.MinValue, uint.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadUInt32())),
        ("ReadInt64", long.MinValue, long.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadInt64())),
        ("ReadUInt64", ulong.MinValue, ulong.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadUInt64())),
        ("ReadChar", char.MinValue, char.MaxValue, static (ref MessagePackReader reader) => Text((int)reader.ReadChar())),
        ("ReadTimeSpan", long.MinValue, long.MaxValue, static (ref MessagePackReader reader) => Text(reader.ReadTimeSpan().Ticks)),
        ("ReadDateOnly", 0, DateOnly.MaxValue.DayNumber, static (ref MessagePackReader reader) => Text(reader.ReadDateOnly().DayNumber)),
        ("ReadTimeOnly", 0, TimeSpan.TicksPerDay - 1, static (ref MessagePackReader reader) => Text(reader.ReadTimeOnly().Ticks)),
    ];

    // Without what the results would be made of, so that nothing is allocated but by the reader.
    internal static readonly (string Name, Reading Read)[] All =
    [
        .. Integers.Select(static each => (each.Name, each.Read)),
        ("TryReadNil", static (ref MessagePackReader reader) => reader.TryReadNil() ? "nil" : ""),
        ("ReadNil", static (ref MessagePackReader reader) => { reader.ReadNil(); return ""; }),
        ("ReadBoolean", static (ref MessagePackReader reader) => reader.ReadBoolean() ? "true" : "false"),
        ("ReadSingle", static (ref MessagePackReader reader) => { _ = reader.ReadSingle(); return ""; }),
        ("ReadDouble", static (ref MessagePackReader reader) => { _ = reader.ReadDouble(); return ""; }),
        ("ReadString", static (ref MessagePackReader reader) => { _ = reader.ReadString(); return ""; }),
        ("ReadStringSpan", static (ref MessagePackReader reader) => { _ = reader.ReadStringSpan(); return ""; }),
        ("ReadBytes", static (ref MessagePackReader reader) => { _ = reader.ReadBytes(); return ""; }),
        ("ReadByteArray", static (ref MessagePackReader reader) => { _ = reader.ReadByteArray(); return ""; }),
        ("ReadExtension", static (ref MessagePackReader reader) => { _ = reader.ReadExtension(out _); return ""; }),
        ("ReadArrayHeader", static (ref MessagePackReader reader) => { _ = reader.ReadArrayHeader(); return ""; }),
        ("ReadMapHeader", static (ref MessagePackReader reader) => { _ = reader.ReadMapHeader(); return ""; }),
        ("ReadDecimal", static (ref MessagePackReader reader) => { _ = reader.ReadDecimal(); return ""; }),
        ("ReadGuid", static (ref MessagePackReader reader) => { _ = reader.ReadGuid(); return ""; }),
        ("ReadDateTime", static (ref MessagePackReader reader) => { _ = reader.ReadDateTime(); return ""; }),
        ("ReadUri", static (ref MessagePackReader reader) => { _ = reader.ReadUri(); return ""; }),
        ("ReadVersion", static (ref MessagePackReader reader) => { _ = reader.ReadVersion(); return ""; }),
        ("ReadBigInteger", static (ref MessagePackReader reader) => { _ = reader.ReadBigInteger(); return ""; }),
        ("ReadDateTimeOffset", static (ref MessagePackReader reader) => { _ = reader.ReadDateTimeOffset(); return ""; }),
        ("Skip", static (ref MessagePackReader reader) => { reader.Skip(); return ""; }),
        ("ReadRaw", static (ref MessagePackReader reader) => { _ = reader.ReadRaw(); return ""; }),
        ("NextMessagePackType", static (ref MessagePackReader reader) => { _ = reader.NextMessagePackType; return ""; }),
        ("IsNil", static (ref MessagePackReader reader) => reader.IsNil ? "nil" : ""),
    ];

    /// <summary>What it throws when it reads the bytes; the reader must stand where it stood before.</summary>
    internal static MessagePackException? Failure(Reading read, ReadOnlySpan<byte> bytes)
    {
        MessagePackReader reader = new(bytes);
        try
        {
            _ = read(ref reader);
            return null;
        }
        catch (MessagePackException refused)
        {
            Assert.That(reader.Position, Is.Zero, "A failed read moves nothing.");
            return refused;
        }
    }

    private static string Text<T>(T value) where T : struct, IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
