namespace ShmBus.Perf.Rounds;

/// <summary>What the suites are called: as commands, in rows, and between main and the peer.</summary>
internal static class SuiteName
{
    public const string Latency = "latency";
    public const string Throughput = "throughput";
    public const string Wake = "wake";
    public const string Load = "load";
    public const string Memory = "memory";
    public const string Files = "files";

    /// <summary>Whether its messages are answered.</summary>
    public static bool HasEcho(string suite) => suite is Latency or Wake or Memory;
}
