using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Serialization;

namespace ShmBus;

/// <summary>
/// The writing end of a topic whose messages are of one type. They are written straight into the ring: see
/// <see cref="Topic.CreatePublisher{T}"/>.
/// </summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// Belongs to one thread at a time. Allocates nothing but what the serializer does. A serializer that throws publishes nothing; its
/// exception comes through.
/// </remarks>
public sealed class Publisher<T> : IDisposable
{
    /// <summary>What is claimed for a message as long as nothing is known.</summary>
    private const int FirstEstimate = 256;

    /// <summary>For so many messages the longest one is remembered, and for as many again.</summary>
    private const int Remembered = 64;

    private readonly IMessageSerializer<T> _serializer;
    private readonly ClaimWriter _writer;
    private readonly bool _isBytesOfValue;
    private int _longest;
    private int _longestBefore = FirstEstimate; // until one was written
    private int _messages;

    internal Publisher(Publisher raw, IMessageSerializer<T> serializer)
    {
        Raw = raw;
        _serializer = serializer;
        _writer = new ClaimWriter(raw);
        _isBytesOfValue = serializer is IBytesOfValue;
    }

    /// <summary>
    /// The publisher of bytes below, the same endpoint: for what is not of one type (waiting for room, options, events), and to write a
    /// struct in place (<see cref="Claim.As{T}"/>).
    /// </summary>
    public Publisher Raw { get; }

    /// <summary>Publishes a message, if there is room now. Does not block.</summary>
    /// <param name="message">The message.</param>
    /// <returns>False when the ring is full: nothing was published.</returns>
    /// <exception cref="MessageTooLongException">Its bytes are more than the topic takes.</exception>
    /// <exception cref="InvalidOperationException">A claim is open, or another thread is inside.</exception>
    /// <exception cref="ObjectDisposedException">The publisher was disposed.</exception>
    /// <exception cref="Rings.RingCorruptException">Somebody wrote over the ring.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPublish(in T message) => _isBytesOfValue ? Raw.TryPublish(BytesOf(message)) : TryWrite(message);

    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <inheritdoc cref="TryPublish(in T)"/>
    public bool TryPublish(in T message, in MessageExtras extras)
    {
        int length = Measure(message);
        return Raw.TryClaim(length, 0, extras, out Claim claim) && (Fits(claim, message) || PublishOwn(extras, waits: false, default));
    }

    /// <summary>Publishes a message; waits for room as the strategy says.</summary>
    /// <inheritdoc cref="TryPublish(in T)"/>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled before there was room: nothing was published.</exception>
    public void Publish(in T message, CancellationToken cancellationToken = default)
    {
        if (_isBytesOfValue)
        {
            Raw.Publish(BytesOf(message), cancellationToken);
            return;
        }
        int length = Measure(message);
        Claim claim;
        while (!Raw.TryClaim(length, out claim))
        {
            Raw.WaitToPublish(length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        _ = Fits(claim, message) || PublishOwn(default, waits: true, cancellationToken);
    }

    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="Publish(in T, CancellationToken)"/>
    public void Publish(in T message, in MessageExtras extras, CancellationToken cancellationToken = default)
    {
        int length = Measure(message);
        Claim claim;
        while (!Raw.TryClaim(length, 0, extras, out claim))
        {
            Raw.WaitToPublish(length + extras.Length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        _ = Fits(claim, message) || PublishOwn(extras, waits: true, cancellationToken);
    }

    /// <summary>Publishes a message; waits for room, without a thread.</summary>
    /// <remarks>
    /// The message is written before the call returns, so it may change after. Where there is room, all is done then; else this publisher takes no
    /// other call until the operation is over.
    /// </remarks>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completes when it is published.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before there was room: nothing was published.</exception>
    /// <inheritdoc cref="TryPublish(in T)" path="/exception"/>
    public ValueTask PublishAsync(in T message, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken)
        : TryPublish(message) ? default
        : PublishLaterAsync(WriteOwn(message), default, cancellationToken);

    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="PublishAsync(in T, CancellationToken)"/>
    public ValueTask PublishAsync(in T message, in MessageExtras extras, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken)
        : TryPublish(message, extras) ? default
        : PublishLaterAsync(WriteOwn(message), extras, cancellationToken);

    /// <summary>Leaves the topic. See <see cref="Endpoint.Dispose"/>.</summary>
    public void Dispose() => Raw.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> BytesOf(in T message) =>
        MemoryMarshal.CreateReadOnlySpan(in Unsafe.As<T, byte>(ref Unsafe.AsRef(in message)), Unsafe.SizeOf<T>());

    private bool TryWrite(in T message) =>
        Raw.TryClaim(Measure(message), out Claim claim) && (Fits(claim, message) || PublishOwn(default, waits: false, default));

    /// <summary>How much to claim: what the serializer knows, or the most that messages took of late.</summary>
    private int Measure(in T message)
    {
        int length = _serializer.GetLength(message);
        // A record ends at a multiple of 16, so that much costs nothing. What is only guessed leaves room for any extras.
        return length >= 0 ? length : Math.Min((Math.Max(_longest, _longestBefore) + 15) & ~15, Raw.MaxMessageLength - MessageExtras.MaxLength);
    }

    /// <summary>Writes into the claim and commits it, if the message fits. Else it is in the writer's own memory, and the claim was given up.</summary>
    private bool Fits(Claim claim, in T message)
    {
        try
        {
            _writer.Begin(claim);
            _serializer.Serialize(_writer, message);
            bool isInClaim = _writer.IsInClaim(out int written);
            Remember(written);
            if (isInClaim)
            {
                claim.Commit(written);
            }
            return isInClaim;
        }
        catch
        {
            _writer.End();
            claim.Dispose();
            throw;
        }
    }

    private ReadOnlyMemory<byte> WriteOwn(in T message)
    {
        try
        {
            _writer.BeginOwn();
            _serializer.Serialize(_writer, message);
            _writer.IsInClaim(out int written);
            Remember(written);
            return _writer.Own;
        }
        catch
        {
            _writer.End();
            throw;
        }
    }

    private bool PublishOwn(in MessageExtras extras, bool waits, CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlySpan<byte> bytes = _writer.Own.Span;
            if (!waits)
            {
                return Raw.TryPublish(bytes, 0, extras);
            }
            Raw.Publish(bytes, 0, extras, cancellationToken);
            return true;
        }
        finally
        {
            _writer.End();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PublishLaterAsync(ReadOnlyMemory<byte> bytes, MessageExtras extras, CancellationToken cancellationToken)
    {
        try
        {
            await Raw.PublishAsync(bytes, 0, extras, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writer.End();
        }
    }

    private void Remember(int length)
    {
        _longest = Math.Max(_longest, length);
        if (_messages == Remembered)
        {
            _longestBefore = _longest;
            _longest = 0;
            _messages = 0;
        }
        else if (++_messages == 1 && _longestBefore == FirstEstimate)
        {
            _longestBefore = 0;
        }
    }
}
