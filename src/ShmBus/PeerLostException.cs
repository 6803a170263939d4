namespace ShmBus;

/// <summary>
/// A wait ended because the peer is gone: the process that the region was handed to, or came from. A subscriber has read everything that was
/// committed before it gets this, but for what stands behind a claim that yet another process keeps open for more than a second.
/// </summary>
public sealed class PeerLostException : IOException
{
    internal PeerLostException(string peer, string reason)
        : base($"The connection with the peer, {peer}, is over: {reason}. Nothing more comes through this region: dispose the endpoint, and connect anew, or start the child anew.")
    {
    }
}
