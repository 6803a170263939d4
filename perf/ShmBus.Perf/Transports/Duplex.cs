namespace ShmBus.Perf.Transports;

/// <summary>Two byte streams through the kernel, one in, one out, as bare blocking descriptors.</summary>
internal abstract class Duplex : IDisposable
{
    public int In { get; protected set; } = -1;

    public int Out { get; protected set; } = -1;

    /// <summary>Returns when the peer has opened its end.</summary>
    public abstract void Connect();

    public abstract void Dispose();
}
