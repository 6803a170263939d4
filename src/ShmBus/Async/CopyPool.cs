using System.Numerics;
using ShmBus.Rings;

namespace ShmBus.Async;

/// <summary>The buffers that a subscriber copies messages into. It keeps some of those that come back, for the next ones.</summary>
internal sealed class CopyPool
{
    private const int MostBuffers = 16;

    /// <summary>More than one buffer is kept up to so many bytes together.</summary>
    private const int MostBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly CopyBuffer?[] _buffers = new CopyBuffer?[MostBuffers];
    private int _count;
    private int _bytes;

    /// <summary>A copy of a payload in a buffer, until that is given back.</summary>
    internal CopyBuffer Copy(ReadOnlySpan<byte> payload)
    {
        CopyBuffer buffer = Take() ?? new CopyBuffer(this);
        buffer.Fill(payload);
        return buffer;
    }

    internal void GiveBack(CopyBuffer buffer)
    {
        lock (_lock)
        {
            if (_count == 0 || (_count < MostBuffers && _bytes + buffer.Size <= MostBytes))
            {
                _buffers[_count++] = buffer;
                _bytes += buffer.Size;
            }
        }
    }

    private CopyBuffer? Take()
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                return null;
            }
            CopyBuffer buffer = _buffers[--_count]!;
            _buffers[_count] = null;
            _bytes -= buffer.Size;
            return buffer;
        }
    }
}

/// <summary>A buffer with the copy of one message after the other. Each is a lease, which ends once.</summary>
internal sealed class CopyBuffer(CopyPool pool)
{
    private byte[] _bytes = [];
    private int _length;
    private int _lease;

    internal int Size => _bytes.Length;

    /// <summary>The lease under way. It is the caller's who filled the buffer.</summary>
    internal int Lease => _lease;

    internal void Fill(ReadOnlySpan<byte> payload)
    {
        if (_bytes.Length < payload.Length)
        {
            _bytes = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)payload.Length));
        }
        payload.CopyTo(_bytes);
        _length = payload.Length;
    }

    /// <summary>What is in it, as long as a lease lasts.</summary>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    internal ReadOnlyMemory<byte> Read(int lease, Type owner)
    {
        ObjectDisposedException.ThrowIf(Atomic.LoadAcquire(ref _lease) != lease, owner);
        return _bytes.AsMemory(0, _length);
    }

    internal void End(int lease)
    {
        if (Atomic.CompareExchange(ref _lease, lease, lease + 1))
        {
            pool.GiveBack(this);
        }
    }
}
