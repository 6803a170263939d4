namespace ShmBus.Regions;

/// <summary>The memory of a region, where this process sees it.</summary>
internal abstract unsafe class RegionMemory
{
    /// <summary>The first byte of the header.</summary>
    internal abstract byte* Address { get; }

    /// <summary>The options that the system did not grant.</summary>
    internal abstract IReadOnlyList<RefusedOption> Refused { get; }

    /// <summary>Brings what was written as far as asked.</summary>
    internal abstract void Flush(Durability durability);

    /// <summary>Takes the memory away. Nobody may be inside; may be called once only.</summary>
    internal abstract void Unmap();
}
