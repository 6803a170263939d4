namespace ShmBus.Perf.Files;

/// <summary>In what state the pages of a mapping are when the first byte is written through it.</summary>
internal enum Touch
{
    /// <summary>None is there: each page faults when it is first touched.</summary>
    First,

    /// <summary>All are there (MADV_POPULATE_WRITE).</summary>
    Populated,

    /// <summary>All are there, and huge (MADV_COLLAPSE).</summary>
    Huge,
}

/// <summary>How far what was written is to be brought, after it was.</summary>
internal enum Syncing
{
    /// <summary>Nothing is asked for.</summary>
    None,

    /// <summary>The kernel is told to see to it: MS_ASYNC.</summary>
    Async,

    /// <summary>It is on the disk: MS_SYNC, or fsync.</summary>
    Sync,
}
