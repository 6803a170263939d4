using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ShmBus;

/// <summary>
/// The output of a serializer: memory of this process; or the open claim, for as long as the message fits there, and then memory of this
/// process. The claim is given up as soon as it is outgrown, so that nobody waits for it meanwhile.
/// </summary>
internal sealed unsafe class ClaimWriter(Publisher publisher) : MemoryManager<byte>, IBufferWriter<byte>
{
    /// <summary>The least memory of one's own.</summary>
    private const int LeastLength = 1024;

    /// <summary>The most that is kept for the next message.</summary>
    private const int MostKept = 64 << 10;

    private State _state;
    private byte[] _own = []; // does not move
    private ulong _position; // of the claim
    private byte* _start;
    private byte* _next;
    private int _free; // none unless a serializer writes: whoever writes at another time ends in Grow or ThrowAdvance

    private enum State
    {
        /// <summary>There is no message.</summary>
        Closed,

        /// <summary>A serializer writes into the claim.</summary>
        Claim,

        /// <summary>A serializer writes into memory of this process, or has written there.</summary>
        Own,
    }

    /// <summary>How many bytes were written.</summary>
    internal int Written => (int)(_next - _start);

    /// <summary>Whether they did not fit into the claim.</summary>
    internal bool IsOutgrown => _state == State.Own;

    /// <summary>What was written, if not into the claim. What it holds stays until the next message.</summary>
    internal ReadOnlyMemory<byte> Own => new(_own, 0, Written);

    private byte* OwnStart => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_own));

    private Span<byte> Whole => _state != State.Closed ? new Span<byte>(_start, Written + _free)
        : throw new InvalidOperationException("The message that this memory belonged to was written.");

    /// <summary>Writes into a claim; gives it up where a message is being written already.</summary>
    internal void Begin(in Claim claim)
    {
        if (_state != State.Closed)
        {
            claim.Dispose();
        }
        Open();
        _start = _next = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(claim.Payload)); // in the ring, which does not move
        _free = claim.Payload.Length;
        _position = claim.Position;
        _state = State.Claim;
    }

    /// <summary>Writes into memory of this process.</summary>
    internal void BeginOwn()
    {
        Open();
        _start = _next = OwnStart;
        _free = _own.Length;
        _state = State.Own;
    }

    /// <summary>There is no message any more.</summary>
    internal void End()
    {
        _state = State.Closed;
        _free = 0;
    }

    /// <summary>There is no message any more; what was written, if not into the claim, is still there until the next one.</summary>
    internal ReadOnlySpan<byte> Take()
    {
        End();
        return new ReadOnlySpan<byte>(_start, Written);
    }

    public void Advance(int count)
    {
        if ((uint)count > (uint)_free)
        {
            ThrowAdvance(count);
        }
        _next += count;
        _free -= count;
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Provide(sizeHint);
        return new Span<byte>(_next, _free);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Provide(sizeHint);
        return CreateMemory(Written, _free);
    }

    /// <summary>All of the message, for memory that a serializer was given.</summary>
    public override Span<byte> GetSpan() => Whole;

    /// <summary>Neither the ring nor memory of this process moves.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)Whole.Length);
        return new MemoryHandle(_start + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    /// <summary>Sees to it that there is some room, and as much as asked. A hint below 0 is a large one here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Provide(int sizeHint)
    {
        if ((uint)sizeHint > (uint)_free || _free == 0)
        {
            Grow(sizeHint);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_state == State.Closed)
        {
            throw new InvalidOperationException("There is no message to write: its serializer has returned.");
        }
        int written = Written;
        long needed = Math.Max((long)written + Math.Max(sizeHint, 1), Math.Min(2L * (written + _free), Array.MaxLength));
        if (needed > Array.MaxLength)
        {
            throw new MessageTooLongException(int.MaxValue, 0, publisher.MaxMessageLength);
        }
        byte[] larger = _own.Length >= needed ? _own : GC.AllocateUninitializedArray<byte>((int)Math.Max(needed, LeastLength), pinned: true);
        new ReadOnlySpan<byte>(_start, written).CopyTo(larger);
        if (_state == State.Claim)
        {
            new Claim(publisher, _position, new Span<byte>(_start, written + _free)).Dispose();
            _state = State.Own;
        }
        _own = larger;
        _start = OwnStart;
        _next = _start + written;
        _free = larger.Length - written;
    }

    private void Open()
    {
        if (_state != State.Closed)
        {
            ThrowBusy();
        }
        if (_own.Length > MostKept)
        {
            _own = [];
        }
    }

    private static void ThrowBusy() => throw new InvalidOperationException("A message is being written, or waits for room: until it is published, nothing else can be.");

    private void ThrowAdvance(int count) => throw (_state == State.Closed
        ? new InvalidOperationException("There is no message to write: its serializer has returned.")
        : new ArgumentOutOfRangeException(nameof(count), count, $"{_free} bytes were given out."));
}
