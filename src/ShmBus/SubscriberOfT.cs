using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Serialization;

namespace ShmBus;

/// <summary>
/// The reading end of a topic whose messages are of one type. They are read where they stand in the ring: see
/// <see cref="Topic.CreateSubscriber{T}"/>.
/// </summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// Belongs to one thread at a time. Every call is also the word that the message of the call before is done with. Allocates nothing but
/// what the serializer does. Where that throws, its exception comes through, and the next call passes the message by, as one that was read.
/// What a <see cref="TopicChannelWriter{T}"/> ends with is passed by: only a <see cref="TopicChannelReader{T}"/> takes it for an end.
/// </remarks>
public sealed class Subscriber<T> : IDisposable
{
    private readonly IMessageSerializer<T> _serializer;
    private readonly LentPayloads _payloads = new();
    private readonly bool _isBytesOfValue;

    internal Subscriber(Subscriber raw, IMessageSerializer<T> serializer)
    {
        Raw = raw;
        _serializer = serializer;
        _isBytesOfValue = serializer is IBytesOfValue;
    }

    /// <summary>
    /// The subscriber of bytes below, the same endpoint: for what is not of one type (events, waiting with a limit,
    /// <see cref="Subscriber.Complete"/>), and to read a struct in place (<see cref="Message.As{T}"/>).
    /// </summary>
    public Subscriber Raw { get; }

    /// <summary>Reads the next message, if there is one. Does not block.</summary>
    /// <param name="message">The message.</param>
    /// <returns>False when nothing is there.</returns>
    /// <exception cref="MessageFormatException">The message is not what the type expects; other serializers than those of this package throw what is theirs.</exception>
    /// <inheritdoc cref="Subscriber.TryRead" path="/exception"/>
    public bool TryRead([MaybeNullWhen(false)] out T message) => TryRead(out message, out _);

    /// <param name="message">The message.</param>
    /// <param name="bytes">The same in place, with the extras that it carries; valid until the next call on this subscriber.</param>
    /// <inheritdoc cref="TryRead(out T)"/>
    public bool TryRead([MaybeNullWhen(false)] out T message, out Message bytes)
    {
        while (Raw.TryRead(out bytes))
        {
            if (bytes.Type != EndMark.Type)
            {
                Deserialize(bytes, out message);
                return true;
            }
        }
        message = default;
        return false;
    }

    /// <summary>Reads the next message; waits for one as the strategy says.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before there was one.</exception>
    /// <inheritdoc cref="TryRead(out T)" path="/exception"/>
    public T Read(CancellationToken cancellationToken = default)
    {
        Message bytes;
        do
        {
            bytes = Raw.Read(cancellationToken);
        }
        while (bytes.Type == EndMark.Type);
        Deserialize(bytes, out T message);
        return message;
    }

    /// <summary>Hands the messages that are there to a handler, one by one, until none is left or the limit is reached. Does not block.</summary>
    /// <param name="handler">
    /// Deals with a message. If it throws, or the serializer does, the exception comes through; under <see cref="Acknowledge.AfterHandling"/>
    /// the message is then handed out again by the next call.
    /// </param>
    /// <param name="limit">The most messages to hand out.</param>
    /// <returns>How many messages were handed out.</returns>
    /// <inheritdoc cref="TryRead(out T)" path="/exception"/>
    public int Poll(Action<T> handler, int limit = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Deserializing adapter = new(this, handler);
        int count = Raw.Poll(ref adapter, limit);
        return count - adapter.PassedBy;
    }

    /// <summary>
    /// Waits until there is a message, or <see cref="Subscriber.CancelPendingWait"/> is called, without a thread. Then <see cref="TryRead(out T)"/> reads it, unless it is the end mark of a channel.
    /// </summary>
    /// <inheritdoc cref="Subscriber.WaitToReadAsync"/>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => Raw.WaitToReadAsync(cancellationToken);

    /// <summary>Reads the next message; waits for one, without a thread.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message. That it is done with in the topic, only the next call says.</returns>
    /// <remarks>One operation at a time, and no other call until it is over.</remarks>
    /// <exception cref="OperationCanceledException">Cancelled before there was one: none was taken.</exception>
    /// <inheritdoc cref="TryRead(out T)" path="/exception"/>
    public ValueTask<T> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<bool> wait = Raw.WaitForMessageAsync(cancellationToken);
        if (!wait.IsCompletedSuccessfully)
        {
            return ReadLaterAsync(wait, cancellationToken);
        }
        _ = wait.Result;
        return TryRead(out T? message) ? new ValueTask<T>(message) : ReadLaterAsync(new ValueTask<bool>(true), cancellationToken);
    }

    /// <summary>Reads message after message, without end; waits for each without a thread.</summary>
    /// <remarks>
    /// To ask for the next one also says that the one before is done with; for the last one, before <see cref="Dispose"/>, call
    /// <see cref="Subscriber.Complete"/> of <see cref="Raw"/>.
    /// </remarks>
    /// <param name="cancellationToken">Ends the wait for the next one.</param>
    /// <returns>The messages.</returns>
    /// <exception cref="OperationCanceledException">Cancelled: none was taken.</exception>
    /// <inheritdoc cref="TryRead(out T)" path="/exception"/>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            yield return await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves the topic. See <see cref="Endpoint.Dispose"/>.</summary>
    public void Dispose() => Raw.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> ReadLaterAsync(ValueTask<bool> wait, CancellationToken cancellationToken)
    {
        while (true)
        {
            await wait.ConfigureAwait(false);
            if (TryRead(out T? message))
            {
                return message;
            }
            // It was overwritten meanwhile, or is an end mark.
            wait = Raw.WaitForMessageAsync(cancellationToken);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Deserialize(in Message bytes, out T message)
    {
        ReadOnlySpan<byte> payload = bytes.Payload;
        if (_isBytesOfValue)
        {
            InPlace.CheckLength<T>(payload.Length);
            message = Unsafe.ReadUnaligned<T>(ref MemoryMarshal.GetReference(payload));
            return;
        }
        Deserialize(payload, out message);
    }

    private void Deserialize(ReadOnlySpan<byte> payload, out T message)
    {
        Raw.HoldsHand = true;
        try
        {
            _serializer.Deserialize(new MessagePayload(payload, _payloads), out message);
        }
        catch
        {
            Release();
            throw;
        }
        Release();
    }

    /// <summary>The serializer has returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Release()
    {
        _payloads.TakeBack();
        Raw.HoldsHand = false;
    }

    private struct Deserializing(Subscriber<T> subscriber, Action<T> handler) : IMessageHandler
    {
        internal int PassedBy { get; private set; }

        public void OnMessage(in Message message)
        {
            if (message.Type == EndMark.Type)
            {
                PassedBy++;
                return;
            }
            subscriber.Deserialize(message, out T value);
            handler(value);
        }
    }
}
