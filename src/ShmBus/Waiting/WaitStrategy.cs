namespace ShmBus.Waiting;

/// <summary>How an endpoint waits: a reader for messages, a writer for room.</summary>
public enum WaitStrategy
{
    /// <summary>
    /// Spin for as long as waits have lately been short, then yield, then park. The default: nearly the latency of spinning
    /// while messages flow, no processor time while nothing happens. Parks at once where the process has one processor only.
    /// </summary>
    Adaptive,

    /// <summary>Spin until it happens. The least latency; takes a processor for itself.</summary>
    Spin,

    /// <summary>Sleep in the kernel at once. Waking takes some tens of microseconds.</summary>
    Park,
}
