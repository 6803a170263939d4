using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace ShmBus;

/// <summary>
/// Of which trace a message is a part: the ids of W3C Trace Context as numbers. Unlike <see cref="ActivityContext"/>, which holds
/// them as strings, it is read from a message without allocating.
/// </summary>
/// <param name="TraceId">The id of the trace; its first byte is the highest.</param>
/// <param name="SpanId">The id of the span that published the message; its first byte is the highest.</param>
/// <param name="Flags">Whether the trace is recorded.</param>
public readonly record struct TraceContext(UInt128 TraceId, ulong SpanId, ActivityTraceFlags Flags)
{
    internal const int Size = 32;

    private const int SpanIdOffset = 16;
    private const int FlagsOffset = 24;

    /// <summary>
    /// The ids and flags of an activity. Its trace state is not among them: <see cref="MessageExtras.TraceState"/>. Does not allocate.
    /// </summary>
    /// <param name="context">Of the activity whose children are those that deal with the message.</param>
    public static TraceContext From(in ActivityContext context)
    {
        Span<byte> bytes = stackalloc byte[Size];
        context.TraceId.CopyTo(bytes[..SpanIdOffset]);
        context.SpanId.CopyTo(bytes[SpanIdOffset..FlagsOffset]);
        bytes[FlagsOffset] = (byte)context.TraceFlags;
        return Read(bytes);
    }

    /// <summary>As in the header <c>traceparent</c>: <c>00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"00-{TraceId:x32}-{SpanId:x16}-{(byte)Flags:x2}");

    internal static TraceContext Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt128BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[SpanIdOffset..]),
        (ActivityTraceFlags)bytes[FlagsOffset]);

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt128BigEndian(bytes, TraceId);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[SpanIdOffset..], SpanId);
        bytes[FlagsOffset..Size].Clear();
        bytes[FlagsOffset] = (byte)Flags;
    }

    /// <summary>As System.Diagnostics takes it for the parent of an activity. Allocates its strings.</summary>
    internal ActivityContext ToActivityContext(string? traceState)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(bytes[..SpanIdOffset]),
            ActivitySpanId.CreateFromBytes(bytes[SpanIdOffset..FlagsOffset]),
            Flags,
            traceState,
            isRemote: true);
    }
}
