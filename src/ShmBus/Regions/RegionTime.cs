namespace ShmBus.Regions;

/// <summary>Points in time as regions bear them, for people: nanoseconds since 1970, UTC.</summary>
internal static class RegionTime
{
    /// <summary>Any number may stand in a region: what is no time is the start of 1970.</summary>
    internal static DateTimeOffset Decode(long nanoseconds)
    {
        long ticks = nanoseconds / TimeSpan.NanosecondsPerTick;
        bool isTime = ticks >= 0 && ticks <= (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks;
        return DateTimeOffset.UnixEpoch.AddTicks(isTime ? ticks : 0);
    }
}
