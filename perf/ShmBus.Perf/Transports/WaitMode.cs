namespace ShmBus.Perf.Transports;

/// <summary>How an end waits, where the transport leaves the choice.</summary>
internal enum WaitMode
{
    Spin,
    Adaptive,
    Park,
}

internal static class WaitModeLabel
{
    /// <summary>As on the command line and in rows.</summary>
    public static string Label(this WaitMode mode) => mode.ToString().ToLowerInvariant();
}
