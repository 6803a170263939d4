namespace ShmBus.Rings;

/// <summary>
/// This subscriber lagged further behind than the topic allows, and publishers wait for it no longer: it reads no more. Create
/// another one in its place.
/// </summary>
public sealed class SubscriberEvictedException : InvalidOperationException
{
    internal SubscriberEvictedException(ulong position, ulong lag)
        : base($"The subscriber was evicted at position {position}: it lagged more than {lag} bytes behind, as far as this topic allows. " +
            "Create it anew; read faster, or give the topic a greater Capacity and EvictionLag.")
    {
        Position = (long)position;
    }

    /// <summary>The position, in bytes since the topic was made, up to which it had read.</summary>
    public long Position { get; }
}
