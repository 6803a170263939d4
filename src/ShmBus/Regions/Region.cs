using ShmBus.Native;

namespace ShmBus.Regions;

/// <summary>
/// A mapped region together with the open description that its owner's locks belong to. The mapping lives on when the file
/// loses its name.
/// </summary>
internal sealed unsafe class Region
{
    private readonly RegionMapping _mapping;

    private Region(RegionFile file, RegionMapping mapping, IReadOnlyList<RefusedOption> refused)
    {
        File = file;
        _mapping = mapping;
        Refused = refused;
    }

    internal RegionFile File { get; }

    internal RegionGeometry Geometry => File.Header.Geometry;

    internal byte* Address => _mapping.Address;

    /// <summary>The options that the system did not grant.</summary>
    internal IReadOnlyList<RefusedOption> Refused { get; }

    /// <summary>Maps a file through a description of its own.</summary>
    internal static Region Map(RegionFile source, RegionOptions options, bool readOnly)
    {
        RegionFile file = source.Reopen(options, readOnly);
        try
        {
            source.Reserve();
            RegionMapping mapping = RegionMapping.Map(file.Handle, file.Header.Geometry, readOnly, file.DisplayPath, options.HugePages);
            return new Region(file, mapping, mapping.Prepare(file.Header.Geometry, options, readOnly));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Brings what was written as far as asked.</summary>
    internal void Flush(Durability durability)
    {
        if (durability == Durability.Process)
        {
            return;
        }
        int flags = durability == Durability.Disk ? Libc.MS_SYNC : Libc.MS_ASYNC;
        // What was stored through the mirror is in the same pages: once over the file is enough.
        Syscall.Check(Libc.msync((nint)Address, (nuint)Geometry.RegionSize, flags), "msync", File.DisplayPath);
    }

    /// <summary>Closes the description, which frees its locks. The memory stays.</summary>
    internal void CloseFile() => File.Dispose();

    /// <summary>Takes the memory away. Nobody may be inside; may be called once only.</summary>
    internal void Unmap() => _mapping.Unmap();
}
