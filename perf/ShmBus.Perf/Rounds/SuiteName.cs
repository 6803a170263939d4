namespace ShmBus.Perf.Rounds;

/// <summary>What the suites are called: as commands, in rows, and between main and the peer.</summary>
internal static class SuiteName
{
    public const string Latency = "latency";
    public const string Throughput = "throughput";
}
