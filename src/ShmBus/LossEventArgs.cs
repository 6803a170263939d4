namespace ShmBus;

/// <summary>
/// A piece of the ring was passed by: a publisher had claimed it and died before it committed. Nothing that was committed is in it.
/// </summary>
public sealed class LossEventArgs : EventArgs
{
    internal LossEventArgs(long position, long length)
    {
        Position = position;
        Length = length;
    }

    /// <summary>Where it begins, in bytes since the topic was made.</summary>
    public long Position { get; }

    /// <summary>
    /// Its bytes, headers and padding included. Claims that lie side by side and whose owners all died may be reported as one.
    /// </summary>
    public long Length { get; }
}
