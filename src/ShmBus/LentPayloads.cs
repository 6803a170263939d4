using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ShmBus.Serialization;

namespace ShmBus;

/// <summary>Lends the bytes of the message that is being deserialized out as memory, and takes them back when it is done with.</summary>
internal sealed class LentPayloads : IPayloadLender
{
    private readonly Stack<Loan> _loans = new();

    public ReadOnlyMemory<byte> Lend(ReadOnlySpan<byte> bytes)
    {
        Loan loan = new(bytes);
        _loans.Push(loan);
        return loan.Memory;
    }

    /// <summary>Whoever still has memory of the message gets an exception from now on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void TakeBack()
    {
        if (_loans.Count > 0)
        {
            TakeAllBack();
        }
    }

    private void TakeAllBack()
    {
        while (_loans.TryPop(out Loan? loan))
        {
            loan.End();
        }
    }

    private sealed unsafe class Loan : MemoryManager<byte>
    {
        private readonly int _length;
        private byte* _place;

        internal Loan(ReadOnlySpan<byte> bytes)
        {
            _place = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)); // in the ring, or pinned
            _length = bytes.Length;
        }

        public override Memory<byte> Memory => CreateMemory(_length);

        internal void End() => _place = null;

        public override Span<byte> GetSpan()
        {
            // Once: another thread may end the loan meanwhile.
            byte* place = _place;
            return place is not null ? new Span<byte>(place, _length)
                : throw new ObjectDisposedException(nameof(MessagePayload), "The message was deserialized, and its bytes may have been written over since: copy what is needed longer.");
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            Span<byte> bytes = GetSpan();
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)bytes.Length);
            return new MemoryHandle((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)) + elementIndex);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
