using System.Runtime.CompilerServices;
using ShmBus.Async;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

public sealed partial class Subscriber
{
    private CopyPool? _copies;
    private WaitToReadOperation? _waitToRead;
    private ReadOperation? _read;

    /// <summary>
    /// Waits until there is a message, or <see cref="CancelPendingWait"/> is called, without a thread. Then <see cref="TryRead"/> or
    /// <see cref="Poll(MessageHandler, int)"/> read in place.
    /// </summary>
    /// <remarks>
    /// Looks for about half a microsecond, then sleeps; the wait strategy is for calls that block. One operation at a time, and no
    /// other call until it is over. Allocates nothing once the subscriber has waited before. The awaiter goes on on the thread
    /// pool, unless <see cref="TopicOptions.AllowSynchronousContinuations"/> is set.
    /// </remarks>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>True: there is a message. False: <see cref="CancelPendingWait"/> ended the wait. It never means an end, which a topic does not have.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => WaitAsync(isCancellable: true, cancellationToken);

    /// <summary>The same, but that <see cref="CancelPendingWait"/> does not concern it: true in any case.</summary>
    internal ValueTask<bool> WaitForMessageAsync(CancellationToken cancellationToken) => WaitAsync(isCancellable: false, cancellationToken);

    private ValueTask<bool> WaitAsync(bool isCancellable, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }
        Enter();
        try
        {
            Settle();
            if (isCancellable && TryTakeCancel())
            {
                Leave();
                return new ValueTask<bool>(false);
            }
            if (_ring.FindMessage() || WaitBriefly())
            {
                ReportMissed();
                Leave();
                return new ValueTask<bool>(true);
            }
        }
        catch (Exception exception)
        {
            LeaveRingBy(exception);
            throw;
        }
        WaitToReadOperation operation = _waitToRead?.TryReuse() == true ? _waitToRead : _waitToRead = new WaitToReadOperation(this);
        operation.IsCancellable = isCancellable;
        ValueTask<bool> task = new(operation, operation.Version);
        GoOn(operation, cancellationToken);
        return task;
    }

    /// <summary>Reads the next message into memory of its own; waits for one, without a thread.</summary>
    /// <inheritdoc cref="WaitToReadAsync"/>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A copy of the message: dispose it when it is done with. That the message is done with in the topic, only the next call says.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before there was one: none was taken.</exception>
    public ValueTask<MessageCopy> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<MessageCopy>(cancellationToken);
        }
        Enter();
        try
        {
            Settle();
            if (TryCopy(out MessageCopy message) || (WaitBriefly() && TryCopy(out message)))
            {
                Leave();
                return new ValueTask<MessageCopy>(message);
            }
        }
        catch (Exception exception)
        {
            LeaveRingBy(exception);
            throw;
        }
        ReadOperation operation = _read?.TryReuse() == true ? _read : _read = new ReadOperation(this);
        ValueTask<MessageCopy> task = new(operation, operation.Version);
        GoOn(operation, cancellationToken);
        return task;
    }

    /// <summary>Reads message after message, without end; waits for each without a thread.</summary>
    /// <remarks>
    /// Allocates nothing for a message. To ask for the next one also says that the one before is done with; for the last one,
    /// before <see cref="Endpoint.Dispose"/>, call <see cref="Complete"/>. So does every other call: a loop that is left in the middle,
    /// also by an exception, and begun again goes on with the next message. To get the same one again (<see cref="ShmBus.Acknowledge.AfterHandling"/>),
    /// dispose the subscriber and make another.
    /// </remarks>
    /// <param name="cancellationToken">Ends the wait for the next one.</param>
    /// <returns>Copies of the messages. Each is valid until the next one is asked for.</returns>
    /// <exception cref="OperationCanceledException">Cancelled: none was taken.</exception>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public async IAsyncEnumerable<MessageCopy> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            using MessageCopy message = await ReadAsync(cancellationToken).ConfigureAwait(false);
            yield return message;
        }
    }

    /// <summary>Nothing stands at the position. Glances for a moment whether something comes.</summary>
    private bool WaitBriefly()
    {
        RunDry();
        MessageCondition condition = new(this, CancellationToken.None);
        bool isThere = _waiter.WaitBriefly(ref condition);
        _pace.Waited(condition.Glances);
        return isThere;
    }

    private unsafe bool TryCopy(out MessageCopy message)
    {
        if (!_ring.TryTake(out Record record))
        {
            message = default;
            return false;
        }
        try
        {
            _copies ??= new CopyPool();
            int extras = record.Extras.Size;
            message = new MessageCopy(_copies.Copy(new ReadOnlySpan<byte>(record.Payload - extras, extras + record.Length)), record);
            ReportMissed();
            return true;
        }
        catch when (Refuse())
        {
            throw;
        }
    }

    /// <summary>The message that was taken could not be handed out. True, for a filter.</summary>
    private bool Refuse()
    {
        if (_ring.Refuse())
        {
            _publishers.Wake();
        }
        return true;
    }

    private sealed class WaitToReadOperation(Subscriber subscriber) : AsyncOperation<bool>
    {
        /// <summary>Whether <see cref="CancelPendingWait"/> ends it.</summary>
        internal bool IsCancellable { private get; set; }

        internal override Finding Look() => IsCancellable && subscriber.IsCancelPending ? Finding.Ready : subscriber.LookForMessage();

        internal override bool TryEnd()
        {
            Result = !IsCancellable || !subscriber.TryTakeCancel();
            subscriber.ReportMissed();
            subscriber.Leave();
            return true;
        }
    }

    private sealed class ReadOperation(Subscriber subscriber) : AsyncOperation<MessageCopy>
    {
        internal override Finding Look() => subscriber.LookForMessage();

        internal override bool TryEnd()
        {
            if (!subscriber.TryCopy(out MessageCopy message))
            {
                return false;
            }
            Result = message;
            subscriber.Leave();
            return true;
        }
    }
}
