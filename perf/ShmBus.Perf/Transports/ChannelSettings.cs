namespace ShmBus.Perf.Transports;

/// <summary>What both ends of a channel are told.</summary>
/// <param name="Directory">A directory of this channel's own, on tmpfs; removed with all that is in it.</param>
/// <param name="Size">Bytes in every message.</param>
/// <param name="Wait">How to wait.</param>
internal sealed record ChannelSettings(string Directory, int Size, WaitMode Wait)
{
    public const int RingCapacity = 256 * 1024;

    public const int MaximumProducers = 8;

    /// <summary>A quarter of the ring, header included.</summary>
    public const int MaximumSize = RingCapacity / 4 - 16;
}
