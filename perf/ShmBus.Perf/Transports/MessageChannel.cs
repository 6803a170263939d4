namespace ShmBus.Perf.Transports;

/// <summary>
/// One process's end of a way there and a way back: for transports that cost so much more than a virtual call that they need no loops of
/// their own. An end that has one direction uses only its half.
/// </summary>
internal abstract class MessageChannel : IDisposable
{
    /// <summary>In main, once the peers were started. Returns when they have opened their end, where the transport can tell.</summary>
    public virtual void Connect()
    {
    }

    /// <summary>Where the next message is to be written. May wait for room.</summary>
    public abstract Span<byte> Claim(int length);

    /// <summary>Sends what was claimed.</summary>
    public abstract void Commit();

    /// <summary>Sends what is held back still.</summary>
    public virtual void Flush()
    {
    }

    /// <summary>Waits for the next message. It is valid until the next call.</summary>
    public abstract ReadOnlySpan<byte> Next();

    public abstract void Dispose();
}
