using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// What a message carries besides its payload and type, where it is asked for:
/// <see cref="Publisher.TryPublish(ReadOnlySpan{byte}, uint, in MessageExtras)"/>. What is null takes up nothing. The messages of a <see cref="MessageBatch"/> carry none.
/// </summary>
public readonly record struct MessageExtras
{
    /// <summary>The longest <see cref="TraceState"/>: what W3C Trace Context asks everybody to pass on.</summary>
    public const int MaxTraceStateLength = 512;

    private const int CorrelationIdSize = 16;
    private const long NanosecondsPerTick = 100;

    /// <summary>When it was published, or happened; from the year 1678 to 2261. 8 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Nanoseconds since 1970 do not fit into 64 bits.</exception>
    public DateTimeOffset? Timestamp
    {
        get;
        init => field = value is not { } time || Math.Abs(time.UtcTicks - DateTime.UnixEpoch.Ticks) <= long.MaxValue / NanosecondsPerTick
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Nanoseconds since 1970 must fit into 64 bits: expected a year from 1678 to 2261.");
    }

    /// <summary>What it belongs to, or answers. 16 bytes.</summary>
    public Guid? CorrelationId { get; init; }

    /// <summary>Which trace it is a part of. 32 bytes.</summary>
    public TraceContext? TraceContext { get; init; }

    /// <summary>
    /// What tracing systems add to a trace context, in the form of the header <c>tracestate</c>. Its bytes and 2, rounded up to a
    /// multiple of 8. An empty one is none.
    /// </summary>
    /// <exception cref="ArgumentException">It is not ASCII, or longer than <see cref="MaxTraceStateLength"/>.</exception>
    public string? TraceState
    {
        get;
        init => field = string.IsNullOrEmpty(value) ? null
            : IsTraceState(value) ? value
            : throw new ArgumentException($"A trace state of {value.Length} characters; expected at most {MaxTraceStateLength}, all of them ASCII.", nameof(value));
    }

    /// <summary>
    /// The bytes that they take up in front of the payload, 8 and those of each; 0 where there are none. A payload and they have at most
    /// <see cref="Endpoint.MaxMessageLength"/> bytes together.
    /// </summary>
    public int Length => Shape(ExtrasFields.None).Size;

    /// <summary>The most that extras take up.</summary>
    internal static int MaxLength { get; } = new ExtrasBlock(ExtrasFields.Known, MaxTraceStateLength).Size;

    /// <summary>The block that holds these, and room for others.</summary>
    internal ExtrasBlock Shape(ExtrasFields others) => new(
        others |
        (Timestamp is null ? 0 : ExtrasFields.Timestamp) |
        (CorrelationId is null ? 0 : ExtrasFields.CorrelationId) |
        (TraceContext is null ? 0 : ExtrasFields.TraceContext) |
        (TraceState is null ? 0 : ExtrasFields.TraceState),
        TraceState?.Length ?? 0);

    /// <summary>The same with the trace of the current activity, unless they name one.</summary>
    internal MessageExtras WithCurrentTrace()
    {
        if (TraceContext is not null || Activity.Current is not { IdFormat: ActivityIdFormat.W3C } activity)
        {
            return this;
        }
        ActivityContext context = activity.Context;
        return this with
        {
            TraceContext = ShmBus.TraceContext.From(context),
            // One that cannot be passed on is left out, as W3C Trace Context has it: no message may fail for it.
            TraceState = TraceState ?? (context.TraceState is { } state && IsTraceState(state) ? state : null),
        };
    }

    /// <summary>Fills a block, but for the length of its payload. Where it has room for a timestamp and none was given, that is now.</summary>
    internal void Write(Span<byte> block, ExtrasBlock shape)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, shape.Head);
        if (shape.Has(ExtrasFields.Timestamp))
        {
            long ticks = Timestamp is { } time ? time.UtcTicks : DateTime.UtcNow.Ticks;
            long nanoseconds = (ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;
            BinaryPrimitives.WriteInt64LittleEndian(block[shape.OffsetOf(ExtrasFields.Timestamp)..], nanoseconds);
        }
        if (CorrelationId is { } id)
        {
            id.TryWriteBytes(block[shape.OffsetOf(ExtrasFields.CorrelationId)..], bigEndian: true, out _);
        }
        TraceContext?.Write(block[shape.OffsetOf(ExtrasFields.TraceContext)..]);
        if (TraceState is not null)
        {
            Span<byte> rest = block[shape.OffsetOf(ExtrasFields.TraceState)..shape.Size];
            rest.Clear();
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)TraceState.Length);
            Encoding.ASCII.GetBytes(TraceState, rest[ExtrasBlock.TraceStateHeadSize..]);
        }
    }

    /// <summary>A timestamp as it stands in a block.</summary>
    internal static DateTimeOffset ToTimestamp(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick);

    /// <summary>A correlation id as it stands in a block.</summary>
    internal static Guid ToCorrelationId(ReadOnlySpan<byte> bytes) => new(bytes[..CorrelationIdSize], bigEndian: true);

    private static bool IsTraceState(string state) => state.Length <= MaxTraceStateLength && Ascii.IsValid(state);
}
