using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    /// <summary>Marks the position of a claim with extras. No claim is at such a one, so the path of plain messages looks for nothing else.</summary>
    internal const ulong Extended = 1;

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

    /// <summary>Where it stands, and whether it has extras.</summary>
    internal ulong Position => _position;

    /// <summary>Whether it is still to be committed or given up.</summary>
    public bool IsOpen => _publisher is not null && _publisher.HasOpen(_position & ~Extended);

    /// <summary>The payload as a struct, to be filled where it stands. Does not allocate.</summary>
    /// <typeparam name="T">A struct of just as many bytes as were claimed.</typeparam>
    /// <returns>The struct in the ring, with the bounds of <see cref="Payload"/>.</returns>
    /// <exception cref="ArgumentException">It has another number of bytes.</exception>
    public ref T As<T>() where T : unmanaged
    {
        if (Payload.Length != Unsafe.SizeOf<T>())
        {
            throw new ArgumentException($"The claim has {Payload.Length} bytes, and {typeof(T)} has {Unsafe.SizeOf<T>()}.");
        }
        return ref Unsafe.As<byte, T>(ref MemoryMarshal.GetReference(Payload));
    }

    /// <summary>Publishes the whole payload. Does not block, does not allocate.</summary>
    /// <exception cref="InvalidOperationException">The claim has ended, by this copy or another.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Commit() => Commit(Payload.Length);

    /// <summary>Publishes the first bytes of the payload and gives up the rest. Does not block, does not allocate.</summary>
    /// <param name="length">How many bytes, from 0 to what was claimed.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than was claimed: give this one up and claim anew.</exception>
    /// <exception cref="InvalidOperationException">The claim has ended, by this copy or another.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Commit(int length)
    {
        if (_publisher is null || !_publisher.HasOpen(_position) || (uint)length > (uint)Payload.Length)
        {
            CommitOther(_publisher, _position, Payload.Length, length);
            return;
        }
        _publisher.Commit((uint)Payload.Length, (uint)length);
    }

    /// <summary>Gives the claim up, if it is still open. Subscribers pass it by.</summary>
    public void Dispose()
    {
        if (!IsOpen)
        {
            return;
        }
        if ((_position & Extended) == 0)
        {
            _publisher!.Abort((uint)Payload.Length);
        }
        else
        {
            _publisher!.AbortExtended((uint)Payload.Length);
        }
    }

    // Not an instance method: a claim whose address is not taken stays in registers. Not inlined: the path of plain messages stays small.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CommitOther(Publisher? publisher, ulong position, int claimed, int length)
    {
        bool isOpen = publisher is not null && publisher.HasOpen(position & ~Extended);
        if (!isOpen || (uint)length > (uint)claimed)
        {
            ThrowCommit(publisher, isOpen, claimed, length);
        }
        publisher!.CommitExtended((uint)claimed, (uint)length);
    }

    private static void ThrowCommit(Publisher? publisher, bool isOpen, int claimed, int length) => throw (publisher is null
        ? new InvalidOperationException("There is no claim: TryClaim returned false, or the claim is a default value.")
        : isOpen
        ? new ArgumentOutOfRangeException(nameof(length), length, $"The claim has {claimed} bytes: to publish more, give it up and claim anew.")
        : new InvalidOperationException("This claim has ended: it was committed or given up, by this copy or another."));
}
