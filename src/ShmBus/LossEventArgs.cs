namespace ShmBus;

/// <summary>
/// A piece of the ring was passed by unread.
/// </summary>
public sealed class LossEventArgs : EventArgs
{
    internal LossEventArgs(long position, long length, LossCause cause)
    {
        Position = position;
        Length = length;
        Cause = cause;
    }

    /// <summary>Why.</summary>
    public LossCause Cause { get; }

    /// <summary>Where it begins, in bytes since the topic was made.</summary>
    public long Position { get; }

    /// <summary>
    /// Its bytes, headers and padding included. Claims that lie side by side and whose owners all died may be reported as one.
    /// </summary>
    public long Length { get; }
}

/// <summary>Why a piece of the ring was passed by unread.</summary>
public enum LossCause
{
    /// <summary>A publisher had claimed it and died before it committed. Nothing that was committed is in it.</summary>
    PublisherDied,

    /// <summary>The topic overwrites, and the publisher was a whole ring ahead. All that was committed in it is lost for this subscriber.</summary>
    Overwritten,
}
