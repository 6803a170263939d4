namespace ShmBus.Rings;

/// <summary>Which extras stand in a block. Each bit but the last is an eighth of the bytes that its field takes up.</summary>
[Flags]
internal enum ExtrasFields : ushort
{
    None = 0,
    Timestamp = 1,
    CorrelationId = 2,
    TraceContext = 4,
    TraceState = 8,
    Known = 15,
}

/// <summary>
/// The shape of the block of extras in front of a payload: which fields stand in it, and where. The default value is no block.
/// </summary>
/// <remarks>
/// <code>
///   0      2        4                8
///   +------+--------+----------------+-----------+-------------+----------------+-------------------------+
///   | size | fields | payload length | timestamp | correlation | trace context  | trace state: u16, bytes |
///   +------+--------+----------------+-----------+-------------+----------------+-------------------------+
///                                     8           16            32
/// </code>
/// A field whose bit is not set takes up nothing. Whoever reads a block holds its shape, checked, in private memory: what a peer
/// writes into the block meanwhile changes the values of fields, and never where they are.
/// </remarks>
internal readonly struct ExtrasBlock
{
    internal const int Alignment = 8;
    internal const int HeadSize = 8;

    /// <summary>Where the length of the payload behind the block stands, a u32.</summary>
    internal const int PayloadLengthOffset = 4;

    /// <summary>The trace state begins with the count of its bytes, a u16.</summary>
    internal const int TraceStateHeadSize = sizeof(ushort);

    // u16 size, u16 fields, u16 length of the trace state: one number, so that a message that holds it stays in registers.
    private readonly ulong _shape;

    /// <summary>The shape of a block with these fields; no block where there are none.</summary>
    internal ExtrasBlock(ExtrasFields fields, int traceStateLength) : this(SizeOf(fields, traceStateLength), fields, traceStateLength)
    {
    }

    private ExtrasBlock(int size, ExtrasFields fields, int traceStateLength) =>
        _shape = (uint)size | (ulong)fields << 16 | (ulong)traceStateLength << 32;

    /// <summary>Its bytes; a multiple of 8.</summary>
    internal int Size => (ushort)_shape;

    /// <summary>The bytes of the trace state.</summary>
    internal int TraceStateLength => (ushort)(_shape >> 32);

    /// <summary>The first four bytes: size and fields.</summary>
    internal uint Head => (uint)_shape;

    private ExtrasFields Fields => (ExtrasFields)(_shape >> 16);

    internal bool Has(ExtrasFields field) => (Fields & field) != 0;

    /// <summary>Where a field stands in the block.</summary>
    internal int OffsetOf(ExtrasFields field) => FieldsEnd(Fields & (ExtrasFields)((int)field - 1));

    /// <summary>Checks a block that another process wrote, and finds out its shape. What it holds beyond the known fields is passed by.</summary>
    /// <param name="block">Where it stands, in the ring.</param>
    /// <param name="length">The length of its record, block and payload.</param>
    /// <param name="position">The position of its record, for who must be told.</param>
    /// <param name="payloadLength">The bytes of the payload behind it.</param>
    /// <exception cref="RingCorruptException">It does not fit into its record, or its fields do not fit into it.</exception>
    internal static unsafe ExtrasBlock Read(byte* block, uint length, ulong position, out uint payloadLength)
    {
        if (length < HeadSize)
        {
            throw new RingCorruptException(position, $"an extended record says length {length}; its block alone has at least {HeadSize}");
        }
        ulong head = *(ulong*)block;
        int size = (ushort)head;
        ExtrasFields fields = (ExtrasFields)(head >> 16) & ExtrasFields.Known;
        payloadLength = (uint)(head >> 32);
        if (size < HeadSize || size % Alignment != 0 || (uint)size > length)
        {
            throw new RingCorruptException(position,
                $"a block of extras says size {size}; expected a multiple of {Alignment}, from {HeadSize} to the {length} bytes of its record");
        }
        if (payloadLength > length - (uint)size)
        {
            throw new RingCorruptException(position,
                $"an extended record says a payload of {payloadLength} bytes; {length - (uint)size} stand behind its block");
        }
        int end = FieldsEnd(fields);
        int traceStateLength = 0;
        if ((fields & ExtrasFields.TraceState) != 0)
        {
            // Not read where it would lie behind the block.
            traceStateLength = end < size ? *(ushort*)(block + end) : 0;
            end += TraceStateHeadSize + traceStateLength;
        }
        return end <= size
            ? new ExtrasBlock(size, fields, traceStateLength)
            : throw new RingCorruptException(position, $"the fields of a block of extras ({fields}) take up {end} bytes; it says size {size}");
    }

    /// <summary>Says how many bytes of payload stand behind a block.</summary>
    internal static unsafe void WritePayloadLength(byte* block, uint length) => *(uint*)(block + PayloadLengthOffset) = length;

    // The timestamp takes 8 bytes, the correlation id 16, the trace context 32: eight times their bits.
    private static int FieldsEnd(ExtrasFields fields) =>
        HeadSize + 8 * (int)(fields & (ExtrasFields.Timestamp | ExtrasFields.CorrelationId | ExtrasFields.TraceContext));

    private static int SizeOf(ExtrasFields fields, int traceStateLength) => fields == ExtrasFields.None ? 0
        : (fields & ExtrasFields.TraceState) == 0 ? FieldsEnd(fields)
        : Align(FieldsEnd(fields) + TraceStateHeadSize + traceStateLength);

    private static int Align(int length) => (length + (Alignment - 1)) & ~(Alignment - 1);
}
