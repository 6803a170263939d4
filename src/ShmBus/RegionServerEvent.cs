using ShmBus.Passing;

namespace ShmBus;

/// <summary>What happened at a <see cref="RegionServer"/>.</summary>
public enum RegionServerEventKind
{
    /// <summary>An endpoint was granted.</summary>
    Granted,

    /// <summary>Somebody who is not served, or one too many, connected, or asked for what is not granted.</summary>
    Refused,

    /// <summary>A peer sent what is no request; its connection was ended.</summary>
    Malformed,

    /// <summary>A peer asked for nothing in time; its connection was ended.</summary>
    TimedOut,

    /// <summary>A peer that had been granted something left, or died.</summary>
    Left,

    /// <summary>This process could not do what it should: its limits, or its own code, stood in the way. The others are still served.</summary>
    Failed,
}

/// <summary>Something happened at a <see cref="RegionServer"/>: for logs.</summary>
public sealed class RegionServerEventArgs : EventArgs
{
    internal RegionServerEventArgs(RegionServerEventKind kind, PeerCredentials? peer, string reason, Exception? exception = null)
    {
        Kind = kind;
        Peer = peer;
        Reason = reason;
        Exception = exception;
    }

    /// <summary>What happened.</summary>
    public RegionServerEventKind Kind { get; }

    /// <summary>With whom; null where nobody was connected yet.</summary>
    public PeerCredentials? Peer { get; }

    /// <summary>In a sentence. What the peer wrote is shown short, and without control characters.</summary>
    public string Reason { get; }

    /// <summary>The error of this process, where there was one.</summary>
    public Exception? Exception { get; }

    /// <summary>Says it in one line.</summary>
    /// <returns>The kind, with whom, and the reason.</returns>
    public override string ToString() => $"{Kind}{(Peer is null ? "" : $" ({Peer})")}: {Reason}";
}
