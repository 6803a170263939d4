using ShmBus.Rings;

namespace ShmBus;

/// <summary>
/// Space in the ring, to be filled in place and then committed. <see cref="Dispose"/> without a commit gives it up. A claim can
/// be copied, but it is committed or given up once: its state lives in the publisher.
/// </summary>
/// <remarks>
/// Subscribers see nothing beyond an open claim, so fill it without delay. It is the claiming thread's until it ends.
/// </remarks>
public readonly ref struct Claim
{
    private readonly Publisher? _publisher;
    private readonly ulong _position;

    internal Claim(Publisher publisher, ulong position, Span<byte> payload)
    {
        _publisher = publisher;
        _position = position;
        Payload = payload;
    }

    /// <summary>
    /// The bytes to fill: as many as were claimed. What stands in them before is undefined. Not to be touched after the claim
    /// has ended.
    /// </summary>
    public Span<byte> Payload { get; }

    /// <summary>Whether it is still to be committed or given up.</summary>
    public bool IsOpen => _publisher is not null && _publisher.IsOpen(_position);

    /// <summary>Publishes the whole payload. Does not block, does not allocate.</summary>
    /// <exception cref="InvalidOperationException">The claim has ended, by this copy or another.</exception>
    public void Commit() => Commit(Payload.Length);

    /// <summary>Publishes the first bytes of the payload and gives up the rest. Does not block, does not allocate.</summary>
    /// <param name="length">How many bytes, from 0 to what was claimed.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than was claimed: give this one up and claim anew.</exception>
    /// <exception cref="InvalidOperationException">The claim has ended, by this copy or another.</exception>
    public void Commit(int length)
    {
        if (_publisher is null)
        {
            throw new InvalidOperationException("There is no claim: TryClaim returned false, or the claim is a default value.");
        }
        _publisher.Commit(_position, length);
    }

    /// <summary>Gives the claim up, if it is still open. Subscribers pass it by.</summary>
    public void Dispose() => _publisher?.Abort(_position);
}
