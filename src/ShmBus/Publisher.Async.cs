using ShmBus.Async;
using ShmBus.Rings;
using ShmBus.Waiting;

namespace ShmBus;

public sealed partial class Publisher
{
    private WaitToPublishOperation? _waitToPublish;
    private PublishOperation? _publish;

    /// <summary>Publishes a copy of the payload; waits for room, without a thread.</summary>
    /// <remarks>
    /// Where there is room, all is done when the call returns. Else the payload must stay as it is until the operation is over, and
    /// this publisher takes no other call until then. Allocates nothing once the publisher has waited before. The awaiter goes on on
    /// the thread pool, unless <see cref="TopicOptions.AllowSynchronousContinuations"/> is set.
    /// </remarks>
    /// <param name="payload">The bytes, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completes when it is published.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before there was room: nothing was published.</exception>
    /// <inheritdoc cref="TryPublish(ReadOnlySpan{byte}, uint)" path="/exception"/>
    public ValueTask PublishAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        PublishAsync(payload, 0, cancellationToken);

    /// <inheritdoc cref="PublishAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <param name="payload">The bytes, from none to <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask PublishAsync(ReadOnlyMemory<byte> payload, uint type, CancellationToken cancellationToken = default) =>
        PublishAsync(payload, type, default(MessageExtras), cancellationToken);

    /// <inheritdoc cref="PublishAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <param name="payload">The bytes. With the extras (<see cref="MessageExtras.Length"/>) at most <see cref="Endpoint.MaxMessageLength"/>.</param>
    /// <param name="type">A number of the user's own that goes with the message.</param>
    /// <param name="extras">What it carries besides. The trace is that of the caller; a time that is added is that of publishing it, after any wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public unsafe ValueTask PublishAsync(ReadOnlyMemory<byte> payload, uint type, in MessageExtras extras, CancellationToken cancellationToken = default)
    {
        MessageExtras all = WithOwn(extras, out ExtrasBlock block);
        uint length = CheckLength(payload.Length, block);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        // Before the claim: memory that somebody else manages may throw.
        ReadOnlySpan<byte> bytes = payload.Span;
        Enter();
        do
        {
            if (_ring.TryClaim(length, type, out byte* place))
            {
                PublishInside(bytes, place, all, block);
                return default;
            }
        }
        while (WaitBriefly(length));
        PublishOperation operation = TakePublish();
        operation.Set(payload, length, type, all, block);
        return Await(operation, cancellationToken);
    }

    /// <summary>Publishes copies of all messages of a batch; waits for room for all of them, without a thread.</summary>
    /// <remarks>
    /// As <see cref="Publish(MessageBatch, CancellationToken)"/>. The batch must stay as it is until the operation is over.
    /// </remarks>
    /// <inheritdoc cref="PublishAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <param name="batch">The messages.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public unsafe ValueTask PublishAsync(MessageBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckLength(batch.Length);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        Enter();
        if (batch.Count == 0)
        {
            Leave();
            return default;
        }
        do
        {
            if (_ring.TryClaim((uint)batch.Length, 0, out byte* place))
            {
                PublishInside(batch, place);
                return default;
            }
        }
        while (WaitBriefly((uint)batch.Length));
        PublishOperation operation = TakePublish();
        operation.Set(batch);
        return Await(operation, cancellationToken);
    }

    /// <summary>
    /// Waits until there is room for a payload of a length, without a thread. It stays there until this publisher uses it, unless
    /// the topic has other publishers: one of those may take it first.
    /// </summary>
    /// <param name="length">The bytes of the payload.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completes when there is room.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <inheritdoc cref="WaitToPublish" path="/exception"/>
    public ValueTask WaitToPublishAsync(int length, CancellationToken cancellationToken = default)
    {
        uint whole = LengthToWaitFor(length);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        Enter();
        if (WaitBriefly(whole))
        {
            Leave();
            return default;
        }
        WaitToPublishOperation operation =
            _waitToPublish?.TryReuse() == true ? _waitToPublish : _waitToPublish = new WaitToPublishOperation(this);
        operation.Set(whole);
        return Await(operation, cancellationToken);
    }

    private PublishOperation TakePublish() => _publish?.TryReuse() == true ? _publish : _publish = new PublishOperation(this);

    private ValueTask Await(AsyncOperation<bool> operation, CancellationToken cancellationToken)
    {
        // Before it goes on: it may be over, and used again, by the time that this thread comes back.
        ValueTask task = new(operation, operation.Version);
        GoOn(operation, cancellationToken);
        return task;
    }

    /// <summary>There is no room as far as is known. Glances for a moment whether there is.</summary>
    private bool WaitBriefly(uint length)
    {
        try
        {
            ReleaseWaiters();
            RoomCondition condition = new(this, length, CancellationToken.None);
            bool hasRoom = _waiter.WaitBriefly(ref condition);
            ReleaseWaiters();
            return hasRoom;
        }
        catch (Exception exception)
        {
            LeaveBy(exception);
            throw;
        }
    }

    private Finding LookForRoom(uint length)
    {
        Finding found = FindRoom(length, isThorough: true) ? Finding.Ready : Finding.HeldUp;
        ReleaseWaiters();
        return found;
    }

    private sealed class WaitToPublishOperation(Publisher publisher) : AsyncOperation<bool>
    {
        private uint _length;

        internal void Set(uint length) => _length = length;

        internal override Finding Look() => publisher.LookForRoom(_length);

        internal override bool TryEnd()
        {
            publisher.Leave();
            return true;
        }
    }

    private sealed class PublishOperation(Publisher publisher) : AsyncOperation<bool>
    {
        private ReadOnlyMemory<byte> _payload;
        private MessageExtras _extras;
        private ExtrasBlock _block;
        private MessageBatch? _batch;
        private uint _length;
        private uint _type;

        internal void Set(ReadOnlyMemory<byte> payload, uint length, uint type, in MessageExtras extras, ExtrasBlock block)
        {
            _payload = payload;
            _length = length;
            _type = type;
            _extras = extras;
            _block = block;
        }

        internal void Set(MessageBatch batch)
        {
            _batch = batch;
            _length = (uint)batch.Length;
            _type = 0;
        }

        internal override Finding Look() => publisher.LookForRoom(_length);

        internal override unsafe bool TryEnd()
        {
            // Both before the claim, which nothing may come between.
            ReadOnlySpan<byte> bytes = _payload.Span;
            if (_batch is not null && _batch.Length != _length)
            {
                throw new InvalidOperationException($"The batch had {_length} bytes when it was to be published, and {_batch.Length} when there was room: leave it as it is until then.");
            }
            if (!publisher._ring.TryClaim(_length, _type, out byte* place))
            {
                publisher.ReleaseWaiters();
                return false;
            }
            if (_batch is not null)
            {
                publisher.PublishInside(_batch, place);
            }
            else
            {
                publisher.PublishInside(bytes, place, _extras, _block);
            }
            return true;
        }

        private protected override void Forget()
        {
            base.Forget();
            _payload = default;
            _extras = default;
            _batch = null;
        }
    }
}
