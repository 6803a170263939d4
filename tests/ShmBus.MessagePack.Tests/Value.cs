using System.Globalization;
using System.Text;

namespace ShmBus.MessagePack.Tests;

/// <summary>Any value of the format. Two are the same when their texts are; the peers in Python and C write the same texts.</summary>
public abstract record Value
{
    /// <summary>The text: a letter for the type, then the value. A float of 32 bits reads as the same number of 64.</summary>
    public abstract override string ToString();

    internal abstract void Write(ref MessagePackWriter writer);

    /// <summary>Whether a float of 32 bits is in it, which Python would write with 64.</summary>
    internal virtual bool HasFloat32 => false;

    internal byte[] ToBytes() => Written.By(Write);

    /// <summary>Reads whatever comes, as a deserializer would that trusts nobody: an array is made once its header was read.</summary>
    internal static Value Read(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return new Nil();
            case MessagePackType.Boolean:
                return new Bool(reader.ReadBoolean());
            case MessagePackType.Integer:
                MessagePackReader ahead = reader;
                return new Integer(TryReadInt64(ref ahead, out _) ? reader.ReadInt64() : reader.ReadUInt64());
            case MessagePackType.Float:
                return new Float64(reader.ReadDouble());
            case MessagePackType.String:
                return new Text(reader.ReadString()!);
            case MessagePackType.Binary:
                return new Binary(reader.ReadByteArray()!);
            case MessagePackType.Array:
                Value[] elements = new Value[reader.ReadArrayHeader()];
                reader.EnterNested();
                for (int i = 0; i < elements.Length; i++)
                {
                    elements[i] = Read(ref reader);
                }
                reader.LeaveNested();
                return new Sequence(elements);
            case MessagePackType.Map:
                (Value, Value)[] pairs = new (Value, Value)[reader.ReadMapHeader()];
                reader.EnterNested();
                for (int i = 0; i < pairs.Length; i++)
                {
                    pairs[i] = (Read(ref reader), Read(ref reader));
                }
                reader.LeaveNested();
                return new Pairs(pairs);
            default:
                MessagePackReader peek = reader;
                _ = peek.ReadExtension(out sbyte type);
                return type == -1 ? new Time(reader.ReadDateTime()) : new Extension(type, reader.ReadExtension(out _).ToArray());
        }
    }

    /// <summary>Reads one value, which is all.</summary>
    internal static Value Read(ReadOnlySpan<byte> bytes)
    {
        MessagePackReader reader = new(bytes);
        Value value = Read(ref reader);
        Assert.That(reader.End, Is.True, "Something is left.");
        return value;
    }

    private static bool TryReadInt64(ref MessagePackReader reader, out long value)
    {
        value = 0;
        ReadOnlySpan<byte> raw = reader.ReadRaw();
        return raw[0] != 0xCF || raw[1] < 0x80;
    }

    private protected static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}

public sealed record Nil : Value
{
    public override string ToString() => "n";
    internal override void Write(ref MessagePackWriter writer) => writer.WriteNil();
}

public sealed record Bool(bool Is) : Value
{
    public override string ToString() => Is ? "t" : "f";
    internal override void Write(ref MessagePackWriter writer) => writer.Write(Is);
}

public sealed record Integer(Int128 Number) : Value
{
    public override string ToString() => "i" + Number.ToString(CultureInfo.InvariantCulture);

    internal override void Write(ref MessagePackWriter writer)
    {
        if (Number <= long.MaxValue)
        {
            writer.Write((long)Number);
        }
        else
        {
            writer.Write((ulong)Number);
        }
    }
}

public sealed record Float32(float Number) : Value
{
    internal override bool HasFloat32 => true;
    public override string ToString() => new Float64(Number).ToString();
    internal override void Write(ref MessagePackWriter writer) => writer.Write(Number);
}

public sealed record Float64(double Number) : Value
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"d{BitConverter.DoubleToUInt64Bits(Number):x16}");
    internal override void Write(ref MessagePackWriter writer) => writer.Write(Number);
}

public sealed record Text(string Content) : Value
{
    public override string ToString() => "s" + Hex(Encoding.UTF8.GetBytes(Content));
    internal override void Write(ref MessagePackWriter writer) => writer.Write(Content);
}

public sealed record Binary(byte[] Content) : Value
{
    public override string ToString() => "b" + Hex(Content);
    internal override void Write(ref MessagePackWriter writer) => writer.Write(Content);
}

public sealed record Sequence(Value[] Elements) : Value
{
    internal override bool HasFloat32 => Elements.Any(static each => each.HasFloat32);
    public override string ToString() => $"[{string.Join<Value>(' ', Elements)}]";

    internal override void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(Elements.Length);
        foreach (Value each in Elements)
        {
            each.Write(ref writer);
        }
    }
}

public sealed record Pairs((Value Key, Value Value)[] Content) : Value
{
    internal override bool HasFloat32 => Content.Any(static each => each.Key.HasFloat32 || each.Value.HasFloat32);
    public override string ToString() => $"{{{string.Join(' ', Content.Select(static each => $"{each.Key} {each.Value}"))}}}";

    internal override void Write(ref MessagePackWriter writer)
    {
        writer.WriteMapHeader(Content.Length);
        foreach ((Value key, Value value) in Content)
        {
            key.Write(ref writer);
            value.Write(ref writer);
        }
    }
}

public sealed record Extension(sbyte Type, byte[] Content) : Value
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"e{Type}:{Hex(Content)}");
    internal override void Write(ref MessagePackWriter writer) => writer.WriteExtension(Type, Content);
}

public sealed record Time(DateTime Point) : Value
{
    public override string ToString()
    {
        Int128 ticks = (Int128)Point.Ticks - DateTime.UnixEpoch.Ticks;
        long part = (long)(((ticks % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond) % TimeSpan.TicksPerSecond);
        return string.Create(CultureInfo.InvariantCulture, $"T{(ticks - part) / TimeSpan.TicksPerSecond}.{part * 100}");
    }

    internal override void Write(ref MessagePackWriter writer) => writer.Write(Point);
}
