namespace ShmBus.Regions;

/// <summary>
/// What a region is made of, as one holder has it: a file through an open description of its own, or an array of this process.
/// Locks belong to the holder, and conflict with those of any other.
/// </summary>
internal abstract class RegionSource : IDisposable
{
    private protected RegionSource(RegionHeader header, string displayPath, bool isReadOnly)
    {
        Header = header;
        IsReadOnly = isReadOnly;
        DisplayPath = displayPath;
    }

    internal RegionHeader Header { get; }

    /// <summary>The full path, or null where it has none.</summary>
    internal abstract string? Path { get; }

    /// <summary>The path, or what to call the region in a message.</summary>
    internal string DisplayPath { get; }

    /// <summary>Whether this holder can only look.</summary>
    internal bool IsReadOnly { get; }

    /// <summary>What its sleepers are woken by, of this holder; null where they sleep on their words in its memory.</summary>
    internal virtual RegionEvents? Events => null;

    /// <summary>The same region for a holder of its own. Works also when it has lost its name.</summary>
    internal abstract RegionSource Reopen(RegionOptions options, bool readOnly);

    /// <summary>Sees to it that every byte is there before it is mapped.</summary>
    internal abstract void Reserve();

    /// <summary>Brings it into the address space. The memory may outlive this holder.</summary>
    internal abstract RegionMemory Map(RegionOptions options, bool readOnly);

    /// <summary>Takes the lock on one byte. False when another holder has it.</summary>
    internal abstract bool TryLock(long offset);

    /// <summary>Gives the lock on one byte back.</summary>
    internal abstract void Unlock(long offset);

    /// <summary>Whether another holder has the lock on one byte.</summary>
    internal abstract bool IsLocked(long offset);

    /// <summary>Reads bytes that no mapping is needed for. What another writes meanwhile may be seen in part.</summary>
    /// <exception cref="RegionSizeException">It does not have them any more.</exception>
    internal abstract void Read(Span<byte> bytes, long offset);

    /// <summary>Writes bytes that no mapping is needed for.</summary>
    internal abstract void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Has those who watch the region look who is there: somebody came, or is about to go.</summary>
    internal abstract void Touch();

    /// <summary>Whether the name still leads to this region.</summary>
    internal abstract RegionName CheckName();

    /// <summary>Gives back what this holder has, its locks among it.</summary>
    public abstract void Dispose();
}
