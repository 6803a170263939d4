using System.Buffers;
using System.Runtime.InteropServices;

namespace ShmBus.MessagePack.Tests;

/// <summary>Memory that ends where nothing is mapped: who reads or writes a byte beyond it ends the process, which no test survives.</summary>
internal sealed unsafe partial class GuardedMemory : MemoryManager<byte>, IBufferWriter<byte>
{
    private const int Size = 1 << 20;
    private const int ReadWrite = 3;
    private const int None = 0;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* _start;
    private int _length;
    private int _written;

    internal GuardedMemory()
    {
        nint place = Map(0, (nuint)(Size + Environment.SystemPageSize), ReadWrite, PrivateAnonymous, -1, 0);
        if (place == -1 || Protect(place + Size, (nuint)Environment.SystemPageSize, None) != 0)
        {
            throw new InvalidOperationException("mmap or mprotect failed.");
        }
        _start = (byte*)place;
    }

    internal byte[] WrittenBytes => Whole[.._written].ToArray();

    private Span<byte> Whole => new(_start + Size - _length, _length);

    /// <summary>The last bytes of it, empty to write to.</summary>
    internal GuardedMemory Last(int length)
    {
        _length = length;
        _written = 0;
        return this;
    }

    /// <summary>The last bytes of it, with these in them.</summary>
    internal ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Last(bytes.Length).Whole);
        return Memory;
    }

    public override Memory<byte> Memory => CreateMemory(_length);

    public override Span<byte> GetSpan() => Whole;

    public void Advance(int count) => _written += count;

    public Span<byte> GetSpan(int sizeHint = 0) => sizeHint <= _length - _written ? Whole[_written..]
        : throw new InvalidOperationException($"{sizeHint} bytes were asked for; {_length - _written} are left.");

    public Memory<byte> GetMemory(int sizeHint = 0) => CreateMemory(_written, _length - _written);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + Size - _length + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => _ = Unmap((nint)_start, (nuint)(Size + Environment.SystemPageSize));

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
