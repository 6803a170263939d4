using System.Buffers;

namespace ShmBus.MessagePack.Tests;

/// <summary>An output of so many bytes, made once. Whoever asks for more is refused, as by a claim that cannot grow.</summary>
internal sealed class FixedOutput(int capacity) : IBufferWriter<byte>
{
    private readonly byte[] _bytes = new byte[capacity];

    internal int Capacity => _bytes.Length;

    internal int Written { get; private set; }

    internal ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, Written);

    internal void Clear() => Written = 0;

    public void Advance(int count) => Written += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => sizeHint <= Capacity - Written
        ? _bytes.AsMemory(Written)
        : throw new InvalidOperationException($"{sizeHint} bytes were asked for; {Capacity - Written} are left.");

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
