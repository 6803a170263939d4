namespace ShmBus.Regions;

/// <summary>
/// A file cannot be used as a region. Says what was found and what was expected; nothing was mapped or changed.
/// </summary>
public abstract class RegionException : IOException
{
    private protected const string PassedAdvice = "Nothing of it was used. Ask whoever runs the server at the other end.";

    private protected RegionException(string path, string problem, string advice)
        : base($"'{path}' cannot be used as a region: {problem}. {advice}")
    {
        Path = path;
    }

    /// <summary>The file or directory that was refused.</summary>
    public string Path { get; }
}

/// <summary>The name leads to something that is not a regular file: a symbolic link, a directory, a pipe, a device.</summary>
public sealed class RegionTypeException : RegionException
{
    internal RegionTypeException(string path, string problem, bool isPassed = false)
        : base(path, problem, isPassed ? PassedAdvice : "Name the file itself, or remove what stands there.") { }
}

/// <summary>The file is shorter or longer than its header says: it was truncated, extended or cut off in a copy.</summary>
public sealed class RegionSizeException : RegionException
{
    internal RegionSizeException(string path, string problem)
        : base(path, problem, "Delete the file and let its topic be created anew.") { }
}

/// <summary>The file, or the directory around it, belongs to somebody else or is open to somebody else.</summary>
public sealed class RegionOwnerException : RegionException
{
    internal RegionOwnerException(string path, string problem, bool isPassed)
        : base(path, problem, PassedAdvice) { }

    internal RegionOwnerException(string path, string problem, string? advice = null)
        : base(path, problem, advice ?? "Whoever can write there could feed this process anything, and whoever can read there could block its slots: use a directory of your own, or opt in to sharing with a group by the options Mode and Group.") { }
}

/// <summary>The file is not a region, or its header was overwritten.</summary>
public sealed class RegionFormatException : RegionException
{
    internal RegionFormatException(string path, string problem)
        : base(path, problem, "Check the path; if it is a damaged topic, delete it and let it be created anew.") { }
}

/// <summary>The region was made by a version of the layout, or needs features, that this library does not know.</summary>
public sealed class RegionVersionException : RegionException
{
    internal RegionVersionException(string path, string problem)
        : base(path, problem, "Use the same major version of ShmBus on both sides.") { }
}

/// <summary>The region was made on a machine with another page size.</summary>
public sealed class RegionPageSizeException : RegionException
{
    internal RegionPageSizeException(string path, string problem)
        : base(path, problem, "A region cannot move between machines with different page sizes: create it here anew.") { }
}
