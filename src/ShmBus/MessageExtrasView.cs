using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using ShmBus.Rings;

namespace ShmBus;

/// <summary>The extras of a message, read where they stand, by a shape that was checked.</summary>
internal readonly ref struct MessageExtrasView(ReadOnlySpan<byte> block, ExtrasBlock shape)
{
    private readonly ReadOnlySpan<byte> _block = block;

    internal DateTimeOffset? Timestamp => shape.Has(ExtrasFields.Timestamp)
        ? MessageExtras.ToTimestamp(BinaryPrimitives.ReadInt64LittleEndian(From(ExtrasFields.Timestamp)))
        : null;

    internal Guid? CorrelationId => shape.Has(ExtrasFields.CorrelationId)
        ? MessageExtras.ToCorrelationId(From(ExtrasFields.CorrelationId))
        : null;

    internal TraceContext? TraceContext => shape.Has(ExtrasFields.TraceContext)
        ? ShmBus.TraceContext.Read(From(ExtrasFields.TraceContext))
        : null;

    internal ReadOnlySpan<byte> TraceState => shape.Has(ExtrasFields.TraceState)
        ? From(ExtrasFields.TraceState).Slice(ExtrasBlock.TraceStateHeadSize, shape.TraceStateLength)
        : default;

    internal ActivityContext ParentContext =>
        TraceContext?.ToActivityContext(TraceState.IsEmpty ? null : Encoding.ASCII.GetString(TraceState)) ?? default;

    private ReadOnlySpan<byte> From(ExtrasFields field) => _block[shape.OffsetOf(field)..];
}
