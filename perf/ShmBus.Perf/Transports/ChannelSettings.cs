using System.Numerics;

namespace ShmBus.Perf.Transports;

/// <summary>What both ends of a channel are told.</summary>
/// <param name="Directory">A directory of this channel's own, on tmpfs; removed with all that is in it.</param>
/// <param name="Size">Bytes in every message.</param>
/// <param name="Wait">How to wait.</param>
internal sealed record ChannelSettings(string Directory, int Size, WaitMode Wait)
{
    public const int MaximumProducers = 8;

    public const int MaximumSubscribers = 8;

    public const int MaximumSize = 1024 * 1024;

    private const int UsualCapacity = 256 * 1024;

    /// <summary>Bytes of a ring, and of what is compared with one: more than usual only where eight messages would not fit without their headers.</summary>
    public int Capacity => Math.Max(UsualCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)(8 * Size)));

    public string PathOf(string file) => Path.Combine(Directory, file);
}
