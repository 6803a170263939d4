namespace ShmBus.Rings;

/// <summary>What a consumer saw behind a position without a stamp.</summary>
/// <param name="Tail">The tail, read first. The position itself: nothing is there.</param>
/// <param name="NearestIntent">The least intent beyond the position and below the tail, or the tail.</param>
/// <param name="Claimants">A bit for each publisher slot that may have the claim at the position.</param>
internal readonly record struct RingHole(ulong Tail, ulong NearestIntent, ulong Claimants)
{
    /// <summary>What stood at the position was written over: there is more to read.</summary>
    internal bool IsPassed { get; init; }
}
