using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace ShmBus.TestPeer;

/// <summary>
/// An endless row of messages that both sides can work out for themselves: message n has a length and contents that follow from
/// n and a seed. Linked into the tests as well; tests/CPeer/messages.c has the same.
/// </summary>
internal sealed class NumberedMessages
{
    private const int Period = 65521; // prime, so that two messages near each other never look alike

    private readonly byte[] _noise;
    private readonly byte[] _scratch;
    private readonly int _maxLength;
    private readonly ulong _seed;

    internal NumberedMessages(ulong seed, int maxLength)
    {
        _seed = seed;
        _maxLength = maxLength;
        _noise = new byte[Period + maxLength];
        _scratch = new byte[maxLength];
        for (int i = 0; i < _noise.Length; i++)
        {
            _noise[i] = (byte)Hash(~i);
        }
    }

    /// <summary>The length of a message: any from none to the most, small ones more often, and these two.</summary>
    internal int Length(long number)
    {
        ulong hash = Hash(number);
        return (hash >> 56) switch
        {
            0 => 0,
            1 => _maxLength,
            ulong scale => (int)(hash % (ulong)(_maxLength + 1)) >> (int)(scale % 4 * 2),
        };
    }

    /// <summary>Writes a message: its number in front where it fits, then noise.</summary>
    internal void Fill(long number, Span<byte> payload)
    {
        Noise(number, payload.Length).CopyTo(payload);
        if (payload.Length >= sizeof(long))
        {
            BinaryPrimitives.WriteInt64LittleEndian(payload, number);
        }
    }

    /// <summary>The message, valid until the next call.</summary>
    internal ReadOnlySpan<byte> this[long number]
    {
        get
        {
            Span<byte> payload = _scratch.AsSpan(0, Length(number));
            Fill(number, payload);
            return payload;
        }
    }

    /// <summary>Whether this is the message of that number, every byte of it.</summary>
    internal bool IsMessage(long number, ReadOnlySpan<byte> payload)
    {
        int header = payload.Length >= sizeof(long) ? sizeof(long) : 0;
        return payload.Length == Length(number) &&
            (header == 0 || MemoryMarshal.Read<long>(payload) == number) &&
            payload[header..].SequenceEqual(Noise(number, payload.Length)[header..]);
    }

    /// <summary>Throws unless this is the message of that number.</summary>
    internal void Verify(long number, ReadOnlySpan<byte> payload)
    {
        if (!IsMessage(number, payload))
        {
            string found = payload.Length >= sizeof(long) ? $" that says {MemoryMarshal.Read<long>(payload)}" : "";
            throw new InvalidDataException($"Expected message {number} of {Length(number)} bytes; got {payload.Length} bytes{found}.");
        }
    }

    /// <summary>The extras of a message, where it is published with any; from none to all fields.</summary>
    internal MessageExtras Extras(long number)
    {
        ulong hash = Hash(number);
        Span<byte> correlation = stackalloc byte[16];
        Span<byte> trace = stackalloc byte[16];
        for (int i = 0; i < 16; i++)
        {
            correlation[i] = (byte)(hash >> i % 8 * 8);
            trace[i] = (byte)(hash + (uint)i);
        }
        ulong fields = hash >> 40;
        return new MessageExtras
        {
            Timestamp = (fields & 1) == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks((long)(hash >> 8)),
            CorrelationId = (fields & 2) == 0 ? null : new Guid(correlation, bigEndian: true),
            TraceContext = (fields & 4) == 0 ? null
                : new TraceContext(BinaryPrimitives.ReadUInt128BigEndian(trace), BinaryPrimitives.ReverseEndianness(hash), (ActivityTraceFlags)(hash & 1)),
            TraceState = (fields & 8) == 0 ? null : "vendor=0123456789,another=abcdef"[..(int)(1 + (hash >> 48 & 31))],
        };
    }

    /// <summary>Throws unless this is the message of that number, with its extras if it has any.</summary>
    internal void Verify(long number, in Message message)
    {
        Verify(number, message.Payload);
        MessageExtras found = ExtrasOf(message);
        if (found.Length > 0 && found != Extras(number))
        {
            throw new InvalidDataException($"Expected message {number} with {Extras(number)}; got {found}.");
        }
    }

    /// <summary>What a message carries.</summary>
    internal static MessageExtras ExtrasOf(in Message message) => new()
    {
        Timestamp = message.Timestamp,
        CorrelationId = message.CorrelationId,
        TraceContext = message.TraceContext,
        TraceState = message.TraceState.IsEmpty ? null : Encoding.ASCII.GetString(message.TraceState),
    };

    private ReadOnlySpan<byte> Noise(long number, int length) => _noise.AsSpan((int)(Hash(number) % Period), length);

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private ulong Hash(long number)
    {
        ulong z = _seed + (ulong)number * 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
