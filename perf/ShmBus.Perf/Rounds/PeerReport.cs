using ShmBus.Perf.Measuring;
using ShmBus.Perf.Native;

namespace ShmBus.Perf.Rounds;

/// <summary>What the peer saw.</summary>
/// <param name="Messages">Messages that it verified, or sent.</param>
/// <param name="Measured">Those of them that count.</param>
/// <param name="Usage">What it used meanwhile.</param>
/// <param name="Seconds">The consumer: from the first that counts to the last.</param>
internal sealed record PeerReport(ulong Messages, ulong Measured, ResourceUsage Usage, double Seconds = 0)
{
    /// <summary>How long messages took to come here, where they carry the time.</summary>
    public Distribution? OneWays { get; init; }

    /// <summary>What the process used in the idle time.</summary>
    public ResourceUsage IdleUsage { get; init; }

    /// <summary>What it had in memory before it opened the channel.</summary>
    public MemoryUse MemoryBefore { get; init; }

    /// <summary>What it had in the end.</summary>
    public MemoryUse MemoryAfter { get; init; }
}
