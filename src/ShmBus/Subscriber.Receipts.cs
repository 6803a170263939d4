namespace ShmBus;

// Acknowledging a message other than by the next call.
public sealed partial class Subscriber
{
    private readonly bool _isExplicit;

    // The lane of the message that was read last: the present one, if it has read more than when its turn began.
    private int _lastLane = Own;
    private ulong _messagesBefore;

    /// <summary>
    /// What <see cref="Acknowledge"/> needs to acknowledge the message that was read last. Unlike other calls, it leaves that message in hand.
    /// </summary>
    /// <returns>The receipt; it may be kept, and used in any order.</returns>
    /// <exception cref="InvalidOperationException">
    /// No message was read, or the subscriber was not created with <see cref="ShmBus.Acknowledge.Explicitly"/>; or another thread is inside.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The subscriber was disposed.</exception>
    public MessageReceipt GetReceipt()
    {
        ThrowIfNotExplicit();
        ThrowIfRefused();
        int lane = _ring.HasTaken || _ring.Messages != _messagesBefore ? _lane : _lastLane;
        if (lane != Own && lane != _lane && _lanes![lane] is null)
        {
            // It was dropped: nothing of it comes again.
            return new MessageReceipt(this, lane, 0, 0);
        }
        ref Rings.RingConsumer ring = ref lane == _lane ? ref _ring : ref RingOf(lane);
        if (!ring.HasTaken && ring.Messages == 0)
        {
            throw new InvalidOperationException("No message was read: a receipt is that of the message that was read last.");
        }
        (ulong resume, ulong within) = ring.Receipt;
        return new MessageReceipt(this, lane, resume, within);
    }

    /// <summary>
    /// A message is delivered, and with it all that were read before it, in a topic of lanes before it in its lane: they will not come again, and
    /// their room is given back. Does nothing where that was said before. The message that was read last is no longer valid, as after every call.
    /// Does not block and allocates nothing.
    /// </summary>
    /// <param name="receipt">The message's, from <see cref="GetReceipt"/> of this subscriber.</param>
    /// <exception cref="ArgumentException">The receipt is not one of this subscriber.</exception>
    /// <exception cref="InvalidOperationException">
    /// The subscriber was not created with <see cref="ShmBus.Acknowledge.Explicitly"/>; or another thread is inside.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The subscriber was disposed: the message comes again.</exception>
    /// <exception cref="Rings.RingCorruptException">Somebody wrote over the ring.</exception>
    public void Acknowledge(in MessageReceipt receipt)
    {
        ThrowIfNotExplicit();
        int lane = receipt.Lane;
        bool isPossible = receipt.Subscriber == this && lane >= Own && lane < (_lanes?.Count ?? 0);
        if (isPossible)
        {
            Enter();
            Settle();
            bool isHere = lane == _lane;
            if (isHere || lane == Own || _lanes![lane] is not null)
            {
                ref Rings.RingConsumer ring = ref isHere ? ref _ring : ref RingOf(lane);
                isPossible = ring.TryAcknowledge(receipt.Resume, receipt.Within, out bool gaveBack);
                if (gaveBack)
                {
                    (isHere ? _publishers : lane == Own ? _lanes!.OwnPublishers : _lanes![lane]!.Publishers).Wake();
                }
            }
            Leave();
        }
        if (!isPossible)
        {
            throw new ArgumentException("The receipt is not that of a message which this subscriber has read.", nameof(receipt));
        }
    }

    private void ThrowIfNotExplicit()
    {
        if (!_isExplicit)
        {
            throw new InvalidOperationException(
                $"This subscriber acknowledges by its next call: create it with {nameof(ShmBus.Acknowledge)}.{nameof(ShmBus.Acknowledge.Explicitly)} for receipts.");
        }
    }
}
