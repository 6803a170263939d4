namespace ShmBus;

/// <summary>What a process may do with a region that is handed to it.</summary>
[Flags]
public enum RegionGrants
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Be a publisher. Means writing anywhere in the region, as a subscriber must, too.</summary>
    Publish = 1,

    /// <summary>Be a subscriber. Means writing anywhere in the region, as a publisher must, too.</summary>
    Subscribe = 2,

    /// <summary>Look on. Means reading all of the region, the messages among it, and writing nothing.</summary>
    Observe = 4,
}
