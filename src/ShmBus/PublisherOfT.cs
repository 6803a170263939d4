using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Serialization;

namespace ShmBus;

/// <summary>
/// The writing end of a topic whose messages are of one type: see <see cref="Topic.CreatePublisher{T}"/>. Long ones are written straight
/// into the ring.
/// </summary>
/// <typeparam name="T">The type of the messages.</typeparam>
/// <remarks>
/// Belongs to one thread at a time. Allocates nothing but what the serializer does. A serializer that throws publishes nothing; its
/// exception comes through.
/// </remarks>
public sealed class Publisher<T> : IDisposable
{
    /// <summary>How long a message is expected to be as long as nothing is known.</summary>
    private const int FirstEstimate = 256;

    /// <summary>
    /// Up to so many bytes a message is written beside the ring and copied: that costs less than a claim whose length is not known, leaves nothing
    /// over in the ring, and nobody waits for the serializer.
    /// </summary>
    private const int MostCopied = 512;

    /// <summary>After so many messages the longest one of them is what is guessed.</summary>
    private const int Remembered = 64;

    private readonly IMessageSerializer<T> _serializer;
    private readonly ClaimWriter _writer;
    private readonly bool _isBytesOfValue;
    private readonly int _mostGuessed;
    private bool _knowsLengths = true;
    private int _guess = FirstEstimate;
    private int _longest;
    private int _left = 1; // the first one says more than what was assumed before it

    internal Publisher(Publisher raw, IMessageSerializer<T> serializer)
    {
        Raw = raw;
        _serializer = serializer;
        _writer = new ClaimWriter(raw);
        _isBytesOfValue = serializer is IBytesOfValue;
        // What is only guessed leaves room for any extras.
        _mostGuessed = raw.MaxMessageLength - MessageExtras.MaxLength;
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
        return length <= MostCopied ? Raw.TryPublish(Write(message), 0, extras)
            : Raw.TryClaim(length, 0, extras, out Claim claim) && (WriteInto(claim, message) || Raw.TryPublish(_writer.Take(), 0, extras));
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
        if (length <= MostCopied)
        {
            Raw.Publish(Write(message), cancellationToken);
            return;
        }
        Claim claim;
        while (!Raw.TryClaim(length, out claim))
        {
            Raw.WaitToPublish(length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        if (!WriteInto(claim, message))
        {
            Raw.Publish(_writer.Take(), cancellationToken);
        }
    }

    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="Publish(in T, CancellationToken)"/>
    public void Publish(in T message, in MessageExtras extras, CancellationToken cancellationToken = default)
    {
        int length = Measure(message);
        if (length <= MostCopied)
        {
            Raw.Publish(Write(message), 0, extras, cancellationToken);
            return;
        }
        Claim claim;
        while (!Raw.TryClaim(length, 0, extras, out claim))
        {
            Raw.WaitToPublish(length + extras.Length, Timeout.InfiniteTimeSpan, cancellationToken);
        }
        if (!WriteInto(claim, message))
        {
            Raw.Publish(_writer.Take(), 0, extras, cancellationToken);
        }
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
        : PublishLaterAsync(WriteForLater(message), default, cancellationToken);

    /// <param name="message">The message.</param>
    /// <param name="extras">What it carries besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="PublishAsync(in T, CancellationToken)"/>
    public ValueTask PublishAsync(in T message, in MessageExtras extras, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken)
        : TryPublish(message, extras) ? default
        : PublishLaterAsync(WriteForLater(message), extras, cancellationToken);

    /// <summary>Leaves the topic. See <see cref="Endpoint.Dispose"/>.</summary>
    public void Dispose() => Raw.Dispose();

    /// <summary>The room that a message needs which was just refused for want of it, as <see cref="Publisher.WaitToPublishAsync"/> takes it; more where that is not known.</summary>
    internal int LengthToWaitFor(in T message)
    {
        int length = _isBytesOfValue ? Unsafe.SizeOf<T>() : Measure(message);
        // The trace is the caller's, and who waits may have none.
        length += Raw.AddsTraceContext ? MessageExtras.MaxLength : 0;
        return length < _mostGuessed ? length : Raw.MaxMessageLength;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> BytesOf(in T message) =>
        MemoryMarshal.CreateReadOnlySpan(in Unsafe.As<T, byte>(ref Unsafe.AsRef(in message)), Unsafe.SizeOf<T>());

    private bool TryWrite(in T message)
    {
        int length = Measure(message);
        return length <= MostCopied ? Raw.TryPublish(Write(message)) : TryWriteLong(message, length);
    }

    // Not inlined: the path of short messages stays small.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryWriteLong(in T message, int length) =>
        Raw.TryClaim(length, out Claim claim) && (WriteInto(claim, message) || Raw.TryPublish(_writer.Take()));

    /// <summary>How long it will be: what the serializer knows, or as long as the longest of late.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Measure(in T message) => _knowsLengths ? AskLength(message) : _guess;

    private int AskLength(in T message)
    {
        int length = _serializer.GetLength(message);
        _knowsLengths = length >= 0;
        return _knowsLengths ? length : _guess;
    }

    /// <summary>Writes into a claim and commits it, if the message fits. Else it is in the writer's own memory, and the claim was given up.</summary>
    private bool WriteInto(Claim claim, in T message)
    {
        // Not tried: one that is refused must not end the message that is being written.
        _writer.Begin(claim);
        Raw.HoldsHand = true;
        try
        {
            _serializer.Serialize(_writer, message);
            int written = _writer.Written;
            Remember(written);
            if (_writer.IsOutgrown)
            {
                return false;
            }
            _writer.End();
            claim.Commit(written);
            return true;
        }
        catch
        {
            _writer.End();
            claim.Dispose();
            throw;
        }
        finally
        {
            Raw.HoldsHand = false;
        }
    }

    /// <summary>Writes into memory of this process.</summary>
    /// <returns>The bytes, until the next message is written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Write(in T message)
    {
        WriteOwn(message);
        return _writer.Take();
    }

    /// <summary>The same. Until <see cref="ClaimWriter.End"/> no other message is written.</summary>
    private void WriteOwn(in T message)
    {
        _writer.BeginOwn();
        try
        {
            _serializer.Serialize(_writer, message);
        }
        catch
        {
            _writer.End();
            throw;
        }
        Remember(_writer.Written);
    }

    private ReadOnlyMemory<byte> WriteForLater(in T message)
    {
        WriteOwn(message);
        return _writer.Own;
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

    /// <summary>The longest one counts until as many messages as are remembered, and at most twice as many, came after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Remember(int length)
    {
        _left--;
        if (length > _longest || _left <= 0)
        {
            Guess(length);
        }
    }

    private void Guess(int length)
    {
        _longest = Math.Max(_longest, length);
        // A record ends at a multiple of 16, so that much costs nothing.
        int guess = Math.Min((_longest + 15) & ~15, _mostGuessed);
        if (_left > 0)
        {
            _guess = Math.Max(_guess, guess);
            return;
        }
        _guess = guess;
        _longest = 0;
        _left = Remembered;
    }
}
