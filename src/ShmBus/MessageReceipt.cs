namespace ShmBus;

/// <summary>
/// Stands for a message that was read, until it is acknowledged: see <see cref="Subscriber.GetReceipt"/>. Of use to the subscriber that it comes
/// from alone. It may be copied and kept.
/// </summary>
public readonly struct MessageReceipt : IEquatable<MessageReceipt>
{
    internal MessageReceipt(Subscriber subscriber, int lane, ulong resume, ulong within)
    {
        Subscriber = subscriber;
        Lane = lane;
        Resume = resume;
        Within = within;
    }

    internal Subscriber? Subscriber { get; }

    internal int Lane { get; }

    /// <summary>The record with which a successor goes on when the message is acknowledged.</summary>
    internal ulong Resume { get; }

    /// <summary>Where in it, if it is a batch; otherwise 0.</summary>
    internal ulong Within { get; }

    /// <summary>Whether both stand for the same message.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they do.</returns>
    public static bool operator ==(MessageReceipt left, MessageReceipt right) => left.Equals(right);

    /// <summary>Whether they stand for different messages.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they do.</returns>
    public static bool operator !=(MessageReceipt left, MessageReceipt right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(MessageReceipt other) =>
        Subscriber == other.Subscriber && Lane == other.Lane && Resume == other.Resume && Within == other.Within;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageReceipt other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Lane, Resume, Within);
}
