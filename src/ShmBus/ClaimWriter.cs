using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus;

/// <summary>
/// The output of a serializer: the open claim, for as long as the message fits; then memory of this process, from which it is published
/// under a claim of its true length. The claim is given up as soon as it is outgrown, so that nobody waits for it meanwhile.
/// </summary>
internal sealed unsafe class ClaimWriter(Publisher publisher) : MemoryManager<byte>, IBufferWriter<byte>
{
    /// <summary>The first piece of memory of one's own.</summary>
    private const int FirstLength = 1024;

    private byte[]? _own;
    private byte* _place; // null unless the claim is written to
    private int _length;
    private int _written;
    private ulong _claim;
    private bool _isOpen;

    /// <summary>What was written, if not into the claim. Until <see cref="End"/>.</summary>
    internal ReadOnlyMemory<byte> Own => new(_own, 0, _written);

    /// <summary>Writes into a claim.</summary>
    internal void Begin(in Claim claim)
    {
        ThrowIfOpen();
        _place = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(claim.Payload)); // in the ring, which does not move
        _length = claim.Payload.Length;
        _claim = claim.Position;
        _written = 0;
        _isOpen = true;
    }

    /// <summary>Writes into memory of this process.</summary>
    internal void BeginOwn()
    {
        ThrowIfOpen();
        _place = null;
        _own = ArrayPool<byte>.Shared.Rent(FirstLength);
        _length = _own.Length;
        _written = 0;
        _isOpen = true;
    }

    /// <summary>The serializer has returned.</summary>
    /// <param name="written">How many bytes it wrote.</param>
    /// <returns>Whether all of them are in the claim. Else they are in <see cref="Own"/>.</returns>
    internal bool IsInClaim(out int written)
    {
        _isOpen = false;
        written = _written;
        return _own is null;
    }

    /// <summary>What was written was published, or never will be.</summary>
    internal void End()
    {
        _isOpen = false;
        _place = null;
        if (_own is not null)
        {
            ArrayPool<byte>.Shared.Return(_own);
            _own = null;
        }
    }

    public void Advance(int count)
    {
        if (!_isOpen || (uint)count > (uint)(_length - _written))
        {
            ThrowAdvance(count);
        }
        _written += count;
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Provide(sizeHint);
        return _own is null ? new Span<byte>(_place + _written, _length - _written) : _own.AsSpan(_written);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Provide(sizeHint);
        return _own is null ? CreateMemory(_written, _length - _written) : _own.AsMemory(_written);
    }

    /// <summary>The whole claim, for memory that a serializer was given.</summary>
    public override Span<byte> GetSpan() => _isOpen && _own is null ? new Span<byte>(_place, _length)
        : throw new InvalidOperationException("The message that this memory belonged to was written, or has outgrown it.");

    /// <summary>The ring does not move.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)GetSpan().Length);
        return new MemoryHandle(_place + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    /// <summary>Sees to it that there is some room, and as much as asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Provide(int sizeHint)
    {
        // Also where the sum has become negative, and where the hint is.
        if (!_isOpen || (uint)Math.Max(sizeHint, 1) > (uint)(_length - _written))
        {
            Grow(sizeHint);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (!_isOpen)
        {
            throw new InvalidOperationException("There is no message to write: its serializer has returned.");
        }
        long needed = Math.Max((long)_written + Math.Max(sizeHint, 1), Math.Min(2L * _length, Array.MaxLength));
        if (needed > Array.MaxLength)
        {
            throw new MessageTooLongException(int.MaxValue, 0, publisher.MaxMessageLength);
        }
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, FirstLength));
        (_own is null ? new ReadOnlySpan<byte>(_place, _written) : _own.AsSpan(0, _written)).CopyTo(larger);
        if (_own is not null)
        {
            ArrayPool<byte>.Shared.Return(_own);
        }
        else
        {
            new Claim(publisher, _claim, new Span<byte>(_place, _length)).Dispose();
            _place = null;
        }
        _own = larger;
        _length = larger.Length;
    }

    private void ThrowIfOpen()
    {
        if (_isOpen)
        {
            throw new InvalidOperationException("A message is being written: its serializer may not publish here.");
        }
    }

    private void ThrowAdvance(int count) => throw (!_isOpen
        ? new InvalidOperationException("There is no message to write: its serializer has returned.")
        : new ArgumentOutOfRangeException(nameof(count), count, $"{_length - _written} bytes were given out."));
}
