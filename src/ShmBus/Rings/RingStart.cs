namespace ShmBus.Rings;

/// <summary>Where a consumer begins.</summary>
internal enum RingStart
{
    /// <summary>Where the last one of its place stopped.</summary>
    Resume,

    /// <summary>With what is published from now on.</summary>
    End,

    /// <summary>With the oldest that is surely there.</summary>
    Oldest,
}
