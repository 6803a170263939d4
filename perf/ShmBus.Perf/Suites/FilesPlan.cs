using ShmBus.Perf.Files;

namespace ShmBus.Perf.Suites;

/// <summary>What to measure of files, as asked on the command line.</summary>
/// <param name="Methods">Each with every chunk, in every place.</param>
/// <param name="Places">Where the files are.</param>
/// <param name="Chunks">Bytes in a chunk.</param>
/// <param name="FileBytes">Bytes in a file, at most.</param>
/// <param name="Rounds">How often all is measured.</param>
/// <param name="Cpu">The CPU that it is measured on.</param>
internal sealed record FilesPlan(
    IReadOnlyList<FileMethod> Methods, IReadOnlyList<FilePlace> Places, IReadOnlyList<int> Chunks, long FileBytes, int Rounds, int Cpu)
{
    // Smaller chunks make a smaller file: what a call costs shows after so many, too.
    private const long MostChunks = 1 << 18;

    /// <summary>What the rows hold, in their order: where there is no disk, none is synced.</summary>
    public IEnumerable<FilesStep> Steps =>
        from place in Places
        from chunk in Chunks
        from method in Methods
        from variant in Variants(method, place)
        select new FilesStep(method, place, chunk, (int)Math.Clamp(FileBytes / chunk, 1, MostChunks), variant.Touch, variant.Syncing);

    private static IEnumerable<(Touch Touch, Syncing Syncing)> Variants(FileMethod method, FilePlace place)
    {
        yield return (Touch.First, Syncing.None);
        if (method.IsMapped)
        {
            yield return (Touch.Populated, Syncing.None);
            yield return (Touch.Huge, Syncing.None);
        }

        if (place.Name != FilePlace.Disk)
            yield break;
        if (method.IsMapped)
            yield return (Touch.First, Syncing.Async);
        yield return (Touch.First, Syncing.Sync);
    }
}

/// <summary>One file of a round.</summary>
internal sealed record FilesStep(FileMethod Method, FilePlace Place, int Chunk, int Chunks, Touch Touch, Syncing Syncing)
{
    /// <summary>How the pages of a mapping were touched; nothing for what maps none.</summary>
    public string TouchLabel => Method.IsMapped ? Touch.ToString().ToLowerInvariant() : "-";

    public string SyncLabel => Syncing.ToString().ToLowerInvariant();
}
