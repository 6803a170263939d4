namespace ShmBus.Rings;

/// <summary>
/// What stands in the shared memory cannot have been written by a publisher or subscriber that follows the protocol. The
/// endpoint that found it throws this from then on; it did not read outside the region and changed nothing.
/// </summary>
public sealed class RingCorruptException : IOException
{
    internal RingCorruptException(ulong position, string reason)
        : base($"The ring is corrupt at position {position}: {reason}. Some process wrote over it; delete the topic and let it be created anew.")
    {
        Position = (long)position;
        Reason = reason;
    }

    /// <summary>The position, in bytes since the ring was made, at which it was found.</summary>
    public long Position { get; }

    /// <summary>What was found and what was expected.</summary>
    public string Reason { get; }
}

/// <summary>
/// A record of a kind that this version of the library does not read, written by a newer one. It stays where it is.
/// </summary>
public sealed class RecordKindException : NotSupportedException
{
    internal RecordKindException(ulong position, uint kind)
        : base($"The record at position {position} is of kind {kind} ({(Enum.IsDefined((RecordKind)kind) ? ((RecordKind)kind).ToString() : "unknown")}), which this version of ShmBus does not read. Update ShmBus on the reading side.")
    {
        Position = (long)position;
        Kind = (int)kind;
    }

    /// <summary>The position of the record.</summary>
    public long Position { get; }

    /// <summary>Its kind, by number.</summary>
    public int Kind { get; }
}
