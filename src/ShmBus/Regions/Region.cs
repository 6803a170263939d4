namespace ShmBus.Regions;

/// <summary>
/// A region as one endpoint has it: its memory, and the source that the endpoint's locks belong to. The memory lives on when
/// the source loses its name, and when it is closed.
/// </summary>
internal sealed unsafe class Region
{
    private readonly RegionMemory _memory;

    private Region(RegionSource source, RegionMemory memory)
    {
        Source = source;
        _memory = memory;
    }

    internal RegionSource Source { get; }

    internal RegionHeader Header => Source.Header;

    internal RegionGeometry Geometry => Header.Geometry;

    internal byte* Address => _memory.Address;

    /// <summary>The options that the system did not grant.</summary>
    internal IReadOnlyList<RefusedOption> Refused => _memory.Refused;

    /// <summary>Maps a region for a holder of its own. One that was handed over is its holder's own already, and given away with this.</summary>
    internal static Region Map(RegionSource source, RegionOptions options, bool readOnly)
    {
        RegionSource own = source is RegionFile { IsPassed: true } ? source : source.Reopen(options, readOnly);
        try
        {
            // For one that was handed over to be looked at this cannot be done; its pages come from memory, and no disk can be full.
            if (own != source || !readOnly)
            {
                source.Reserve();
            }
            return new Region(own, own.Map(options, readOnly));
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <summary>Brings what was written as far as asked.</summary>
    internal void Flush(Durability durability) => _memory.Flush(durability);

    /// <summary>Closes the source, which frees its locks. The memory stays.</summary>
    internal void Close() => Source.Dispose();

    /// <summary>Takes the memory away. Nobody may be inside; may be called once only.</summary>
    internal void Unmap() => _memory.Unmap();
}
